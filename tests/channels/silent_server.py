"""A server on loopback that takes requests and answers what a test wants: a status, nothing, or a broken line."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SilentServer:
    """Counts the requests whose whole body arrived and, if `answer` is empty, never answers any of them."""

    def __init__(self, answer: bytes = b"", *, hang_up: bool = False) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._answer, self._hang_up = answer, hang_up
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening and hang up."""
        for connection in (self._listener, *self._open):
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed by the test
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        received = b""
        try:
            while b"\r\n\r\n" not in received:
                received += _next(connection)
            head, _, body = received.partition(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length")), 0)
            if b"100-continue" in head.lower():
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            while len(body) < length:
                body += _next(connection)
            self.requests.append(head + b"\r\n\r\n" + body)
            if self._answer:
                connection.sendall(self._answer)
            if self._answer or self._hang_up:
                connection.close()
        except OSError:  # the client gave up, which is what some tests are about
            return


def _next(connection: socket.socket) -> bytes:
    """What comes next; raises ConnectionError at the end, where `recv` would say forever that nothing came."""
    if not (received := connection.recv(65536)):
        raise ConnectionError
    return received


@contextmanager
def silent_server(answer: bytes = b"", *, hang_up: bool = False) -> Iterator[SilentServer]:
    """A server for the length of a test."""
    server = SilentServer(answer, hang_up=hang_up)
    try:
        yield server
    finally:
        server.close()


def closed_port() -> str:
    """The URL of a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def http_answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP/1.1 answer in bytes."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def error_answer(status: int, code: str) -> bytes:
    """An error as SNS words it (AWS query protocol)."""
    words = f"<ErrorResponse><Error><Code>{code}</Code><Message>to +79161234567</Message></Error></ErrorResponse>"
    return http_answer(status, words.encode())
