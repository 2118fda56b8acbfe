"""HTTP servers on loopback, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from infra.local.options import OptionError

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):  # type: ignore[misc]
    """Answers without a line of log for each request, and keeps connections open."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: the pages show what was posted."""


class Server:
    """A server that answers each request by a function, in a thread for each connection."""

    def __init__(self, answer: Callable[[Request], Response], port: int) -> None:
        """Raises `OptionError` when the port is taken."""
        try:
            self._server = make_server(HOST, port, Request.application(answer), threaded=True, request_handler=_Quiet)
        except (OSError, SystemExit):
            raise OptionError(f"port {port} is taken: choose another one with PORT=…") from None
        self.url = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name=self.url, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def free_server(answer: Callable[[Request], Response]) -> Server:
    """A server on a port that is free."""
    return Server(answer, 0)
