"""Whether the pages behind a message's links answer is asked once each, of public hosts only, and not of our own."""

from __future__ import annotations

from chalicelib.content.inspection import Place, SeenLink
from chalicelib.flows.link_checks import MOST, reached
from tests.channels.silent_server import http_answer, silent_server


def link(url: str, place: Place = "shop") -> SeenLink:
    return SeenLink(url, "html", "words", place, {}, ())


def test_each_page_is_asked_once_by_head_and_its_answer_told() -> None:
    with silent_server(http_answer(200)) as shop, silent_server(http_answer(404)) as gone:
        asked = [link(f"{shop.url}/coat"), link(f"{shop.url}/coat"), link(f"{gone.url}/scarf", "other")]
        told = reached(asked, trusted_origins=frozenset({shop.url, gone.url}))
        assert told == {f"{shop.url}/coat": "200", f"{gone.url}/scarf": "404"}
        (request,) = shop.requests
        assert request.startswith(b"HEAD /coat HTTP/1.1")


def test_a_redirect_is_told_and_not_followed() -> None:
    with silent_server(http_answer(302, Location="http://127.0.0.1:9/")) as shop:
        assert reached([link(f"{shop.url}/old")], trusted_origins=frozenset({shop.url})) == {f"{shop.url}/old": "302"}


def test_no_private_host_is_asked_whatever_a_template_links_to() -> None:
    """A template is no way into the network it is looked at in (SSRF)."""
    with silent_server(http_answer(200)) as inside:
        for url in (f"{inside.url}/", "https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://localhost/"):
            (told,) = reached([link(url, "other")]).values()
            assert told.startswith("not asked: ")
        assert inside.requests == []


def test_a_host_that_is_not_there_is_told_so() -> None:
    (told,) = reached([link("https://no-such-host.invalid/")]).values()
    assert told.startswith("no answer: ")


def test_our_own_pages_mailboxes_and_phones_are_not_asked() -> None:
    others: list[SeenLink] = [
        link("https://hear.shop.example/u/token", "ours"), link("mailto:help@shop.example", "mail"),
        link("tel:+74950000000", "phone"),
    ]
    assert reached(others) == {}


def test_only_so_many_are_asked() -> None:
    with silent_server(http_answer(200)) as shop:
        many = [link(f"{shop.url}/{number}") for number in range(MOST + 5)]
        assert len(reached(many, trusted_origins=frozenset({shop.url}))) == MOST
