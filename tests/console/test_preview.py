"""The pages about templates say what is known, in both languages, and let a message do nothing but be seen."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.console.pages import Frame
from chalicelib.console.preview import (
    Card,
    Extras,
    FormForTests,
    Look,
    Scheme,
    document,
    document_headers,
    in_scheme,
    render_gallery,
    render_preview,
)
from chalicelib.console.preview_wording import CHANNEL_NAMES, REMARKS, TEXTS
from chalicelib.console.wording import LANGUAGES, Wording
from chalicelib.content import inspection
from chalicelib.domain.rendered import Rendered
from chalicelib.flows import preview
from chalicelib.flows.drafts import in_folder
from chalicelib.flows.preview import Previewed, Previewer, SourceFile, Wrong
from tests.emulators import ROOT

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PAGES = ROOT / "chalicelib" / "console" / "pages"
MAIL = Rendered(
    "email", "en", subject="Hello", html="<html><head></head><body><img src='https://shop.example/photos/coat.jpg'>"
    "</body></html>", text="Hello",
)


def frame(language: str = "en") -> Frame:
    return Frame(Wording(language, TEXTS))


def shown(name: str = "cart-reminder", **wanted: str) -> Previewed:
    return Previewer(in_folder(ROOT, NOW)).preview(name, NOW, **wanted)


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_everything_in_its_language(language: str) -> None:
    page = text(render_preview(shown(channel="email"), frame(language), Look(), Extras()))
    for word in ("size", "links", "pictures", "headers", "files", "for-whom"):
        assert TEXTS[word][language == "ru"] in page
    assert "List-Unsubscribe" in page


@pytest.mark.parametrize("template", ["gallery.html", "preview.html", "phone.html"])
def test_every_word_on_a_page_is_in_the_table(template: str) -> None:
    named = set(re.findall(r'say\("([a-z0-9-]+)"\)', (PAGES / template).read_text("utf-8")))
    assert named
    assert named <= set(TEXTS)


def test_every_remark_has_words_in_both_languages() -> None:
    """Those that the code makes, and no others."""
    sources = [Path(module.__file__).read_text("utf-8") for module in (inspection, preview) if module.__file__]
    made = set(re.findall(r'Remark\("([a-z-]+)"', "".join(sources))) | {"picture-data", "picture-address"}
    assert made == set(REMARKS)


def test_the_gallery_groups_messages_by_journey_and_is_searched_by_either_name() -> None:
    groups = [("welcome", [Card("thanks", ("email",))]), ("", [Card("lonely", ("push", "email"), 2)])]
    page = render_gallery(groups, frame(), Look(), locales=["ru", "en"])
    assert text(page).index("welcome") < text(page).index("In no journey")
    assert "2 to mend" in text(page)
    for query, there, gone in (("welc", "thanks", "lonely"), ("lonely", "lonely", "thanks")):
        found = render_gallery(groups, frame(), Look(), locales=["ru"], query=query)
        assert f"<strong>{there}</strong>" in found
        assert f"<strong>{gone}</strong>" not in found


@pytest.mark.parametrize(("query", "said"), [("", "no-templates-help"), ("hats", "no-match-help")])
def test_an_empty_gallery_says_what_to_do(query: str, said: str) -> None:
    page = render_gallery([], frame(), Look(), locales=["ru"], query=query)
    assert TEXTS[said][0] in text(page).replace("&lt;", "<").replace("&gt;", ">")


def test_a_mistake_is_shown_among_the_lines_around_it() -> None:
    file = SourceFile("templates/hello/sms.en.txt", "one\ntwo\nthree <b>\nfour\nfive\nsix\nseven\neight\n")
    wrong = Wrong(file.key, 3, 7, "that is no word", "error")
    page = render_preview(Previewed(message="hello", problems=(wrong,), files=(file,)), frame(), Look(), Extras())
    assert '<li value="3" class="wrong"><code>three &lt;b&gt;</code></li>' in page
    assert "line 3, column 7" in text(page)
    assert "seven" not in page.partition("<details")[0]


def test_a_message_without_this_channel_says_which_file_to_add() -> None:
    page = text(render_preview(shown(channel="telegram"), frame(), Look(channel="telegram"), Extras()))
    assert "templates/cart-reminder/telegram.ru.txt" in page


def test_nobody_to_send_a_test_to_is_told_how_to_name_somebody() -> None:
    page = text(render_preview(shown(channel="email"), frame(), Look(), Extras(test=FormForTests())))
    assert "test-addresses in shop.yaml" in page
    form = render_preview(shown(channel="email"), frame(), Look(), Extras(test=FormForTests(("lena@shop.example",))))
    assert "<option>lena@shop.example</option>" in form
    assert 'method="post"' in form
    assert "test-addresses" not in text(form).partition("Files")[0]


def test_what_was_refused_is_shown_as_such() -> None:
    test = FormForTests(("lena@shop.example",), said="<b>wait</b>", refused=True)
    page = render_preview(shown(channel="email"), frame(), Look(), Extras(test=test))
    assert '<p class="notice refused" role="status">&lt;b&gt;wait&lt;/b&gt;</p>' in page


def test_an_address_says_how_a_message_is_looked_at_and_nothing_else_gets_in() -> None:
    look = Look.of({"channel": "sms", "scheme": "pink", "width": "9000", "images": "off", "sample": "full", "x": "y"})
    assert look == Look(channel="sms", images="off")
    assert look.query() == "?channel=sms&images=off"
    assert look.query(images="", channel="") == ""
    assert look.query(scheme="dark") == "?channel=sms&scheme=dark&images=off"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_played_by_the_mails_own_rules(scheme: Scheme) -> None:
    mail = (
        '<meta name="color-scheme" content="light dark"><style>:root { color-scheme: light dark; }'
        "@media (prefers-color-scheme: dark) { a {} } @media screen and (prefers-color-scheme:light) { b {} }</style>"
    )
    played = in_scheme(mail, scheme)
    assert "prefers-color-scheme" not in played
    assert f'content="{scheme}"' in played
    assert f"color-scheme: {scheme};" in played
    true, never = "(min-width: 0px)", "(max-width: 0px)"
    first, second = re.findall(r"\((?:min|max)-width: 0px\)", played)
    assert (first, second) == ((true, never) if scheme == "dark" else (never, true))


def test_a_message_may_show_itself_and_do_nothing() -> None:
    policy = document_headers(Look(), "http://127.0.0.1:8100")["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox;")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "img-src http://127.0.0.1:8100 http: https: data:" in policy
    assert "img-src 'none'" in document_headers(Look(images="off"))["Content-Security-Policy"]


def test_the_samples_photos_are_the_pages_own() -> None:
    html = document(MAIL, frame(), Look(), "/templates/photos/")
    assert "src='/templates/photos/coat.jpg'" in html
    assert '<base target="_blank">' in html


@pytest.mark.parametrize(("channel", "fields", "there"), [
    ("sms", {"text": "Hello <b>"}, "Hello &lt;b&gt;"),
    ("push", {"title": "Coat", "body": "Back"}, "<b>Coat</b>"),
    ("web-push", {"title": "Coat", "body": "Back"}, "<b>Coat</b>"),
    ("telegram", {"text": "Hello", "button": "Look", "url": "https://shop.example/"}, ">Look</a>"),
])
def test_what_is_no_mail_is_shown_as_on_a_phone(channel: str, fields: dict[str, str], there: str) -> None:
    html = document(Rendered(channel, "en", **fields), frame(), Look(), "/templates/photos/")
    assert there in html
    assert 'class="phone' in html


def test_every_channel_has_a_name() -> None:
    assert set(CHANNEL_NAMES) == {"email", "sms", "push", "web-push", "telegram"}
