"""What all pages served on this machine share: whom they answer, in which language, and their stylesheet and script."""

from __future__ import annotations

from mimetypes import guess_type
from urllib.parse import urlsplit

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from chalicelib.console import pages as console
from chalicelib.console.wording import language_of

LANGUAGE_COOKIE = "language"


def hosts_of(url: str) -> frozenset[str]:
    """The names by which an address on this machine is asked: others are a site that reaches in by DNS rebinding."""
    port = urlsplit(url).port
    return frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})


def same_origin(request: Request, hosts: frozenset[str]) -> bool:
    """Whether a form was posted from these pages."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc in hosts


def language(request: Request) -> str:
    """The language to answer in: asked for, remembered, or the browser's."""
    return language_of(
        request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE), request.headers.get("Accept-Language")
    )


def remember(request: Request, response: Response, chosen: str) -> None:
    """Keep the language that was asked for."""
    if "lang" in request.args:
        response.set_cookie(LANGUAGE_COOKIE, chosen, samesite="Lax", max_age=31_536_000)


def static(name: str) -> Response:
    """Stylesheet, script and pictures of the frame. Raises NotFound."""
    path = console.FOLDER / name
    if "/" in name or path.suffix not in (".css", ".js", ".svg") or not path.is_file():
        raise NotFound
    return Response(path.read_bytes(), mimetype=guess_type(name)[0], headers={"Cache-Control": "no-cache"})


def page(body: str, status: int = 200) -> Response:
    """A page with the console's headers."""
    return Response(body, status, headers=console.HEADERS)
