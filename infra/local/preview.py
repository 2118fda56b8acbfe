"""`python -m infra.local.preview`: the gallery of a folder's templates (what `make preview` does).

Files only: no AWS, no emulator, no customers. A saved file shows by itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import webbrowser
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from chalicelib import clock
from chalicelib.console.pages import Frame, Place, render_problem
from chalicelib.console.preview_wording import TEXTS
from chalicelib.console.wording import Wording
from chalicelib.content.rendering import Templates
from chalicelib.flows.drafts import Drafts, in_folder
from chalicelib.flows.preview import Previewer
from infra.local import site
from infra.local.options import REPOSITORY, OptionError, number
from infra.local.server import Server
from infra.local.template_pages import PATH, RULES, TemplatePages

PORT = 8100
LOOK_AGAIN = 1.0
"""Seconds between two looks at the folder by the thread that checks all files."""

_ROUTES = Map([
    Rule("/", endpoint="start", methods=["GET"]),
    Rule("/static/<name>", endpoint="static", methods=["GET"]),
    *(rule.empty() for rule in RULES),
])


@dataclass
class Shelf:
    """A folder's templates, read anew when a file has changed; what is wrong with them is found out in the background,
    since checking all takes seconds."""

    folder: Path
    now: Callable[[], datetime]
    problems: dict[str, int] = field(default_factory=dict)
    _templates: Templates = field(default_factory=Templates)
    _drafts: Drafts | None = None
    _checked: str = ""

    def drafts(self) -> Drafts:
        """The files as they are just now."""
        self._drafts = in_folder(self.folder, self.now(), self._drafts)
        return self._drafts

    def previewer(self) -> Previewer:
        """Previews of the files as they are just now."""
        return Previewer(self.drafts(), self._templates)

    def check(self) -> None:
        """Check all messages, unless nothing has changed since they were."""
        drafts = self.drafts()
        if drafts.stamp == self._checked:
            return
        for name in drafts.names():
            self.problems[name] = _errors(drafts, name, self.now())
        for name in set(self.problems) - set(drafts.names()):
            del self.problems[name]
        self._checked = drafts.stamp

    def keep_checking(self, stopping: threading.Event) -> None:
        """Check whenever something has changed, until told to stop."""
        while not stopping.wait(LOOK_AGAIN):
            self.check()


def _errors(drafts: Drafts, name: str, now: datetime) -> int:
    return Counter(problem.severity for problem in drafts.problems(name, now))["error"]


@dataclass
class PreviewSite:
    """Answers every request to the preview's address."""

    shelf: Shelf
    hosts: frozenset[str] = frozenset()
    pages: TemplatePages = field(init=False)

    def __post_init__(self) -> None:
        self.pages = TemplatePages(self.shelf.now, self.shelf.previewer, lambda: self.shelf.problems)

    def answer(self, request: Request) -> Response:
        """The answer to a request."""
        if request.host not in self.hosts:
            return Response("this address is served on 127.0.0.1 only", 421)
        if request.method == "POST" and not site.same_origin(request, self.hosts):
            return Response("posted from another site", 403)
        language = site.language(request)
        frame = Frame(Wording(language, TEXTS), request.full_path.rstrip("?"), (Place(PATH, TEXTS["templates"][
            language == "ru"]),), customers_path=PATH)
        try:
            endpoint, values = _ROUTES.bind("", path_info=request.path, default_method=request.method).match()
            response = self._page(endpoint, values, request, frame)
        except HTTPException:
            response = site.page(render_problem(frame, frame.words("not-found"), request.path), 404)
        site.remember(request, response, language)
        return response

    def _page(self, endpoint: str, values: dict[str, str], request: Request, frame: Frame) -> Response:
        match endpoint:
            case "start":
                return redirect(PATH, 302)
            case "static":
                return site.static(values["name"])
            case _:
                return self.pages.answer(endpoint, values, request, frame)


def start(folder: Path, port: int) -> tuple[Server, Shelf]:
    """Serve the gallery of a folder; port 0 takes a free one. Raises OptionError when the port is taken."""
    shelf = Shelf(folder, clock.now)
    answering = PreviewSite(shelf)
    server = Server(answering.answer, port)
    answering.hosts = site.hosts_of(server.url)
    server.start()
    return server, shelf


def main() -> int:
    """Serve until Ctrl-C; the exit code."""
    stopping = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stopping.set())
    try:
        folder = Path(os.environ.get("FOLDER", "").strip() or REPOSITORY).expanduser().resolve()
        if not (folder / "templates").is_dir():
            raise OptionError(f"FOLDER={folder} has no folder templates/ in it")
        server, shelf = start(folder, int(number(os.environ, "PORT", PORT, 65_535)))
    except OptionError as error:
        print(error, file=sys.stderr)
        return 1
    threading.Thread(target=shelf.keep_checking, args=(stopping,), daemon=True).start()
    address = f"{server.url}{PATH}"
    print(f"Templates of {folder}\n\n  {address}\n\nSave a file and the page shows it. Ctrl-C stops.", flush=True)
    if os.environ.get("OPEN", "1").strip() != "0":
        webbrowser.open(address)
    stopping.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
