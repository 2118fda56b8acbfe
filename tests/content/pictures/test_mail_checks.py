"""The checks of a mail in Chromium find what they are there to find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.content.pictures.mail_page import TELEPHONE, MailPage, Scheme, mail_page

pytestmark = pytest.mark.browser

PHOTO = "https://shop.example/photos/coat.jpg"
GOOD = f"""
<p style="font-size:16px">A coat to live in.</p>
<table role="presentation"><tr>
  <td><a href="https://shop.example"><img src="{PHOTO}" alt="A coat" width="60"></a></td>
  <td class="action"><a href="https://shop.example" style="display:block;padding:12px;line-height:20px">See it</a></td>
</tr></table>
"""


def mail(body: str, lang: str = ' lang="en"') -> str:
    return (
        f"<!doctype html><html{lang}><head><meta name='color-scheme' content='light dark'></head>"
        f'<body style="margin:0;color:#111;background:#fff"><style>a {{ color: #111 }}</style>{body}</body></html>'
    )


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[MailPage]:
    with mail_page(browser) as opened:
        yield opened


def told(page: MailPage, html: str, scheme: Scheme = "light") -> str:
    page.show(html, TELEPHONE, scheme)
    return "\n".join(page.wrong())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_mail_that_is_well_made_is_let_through(page: MailPage, scheme: Scheme) -> None:
    assert told(page, mail(GOOD), scheme) == ""


@pytest.mark.parametrize(("body", "complaint"), [
    ('<div style="width:400px">Wide</div>', "the page is 400 px wide"),
    ('<div style="overflow:hidden"><div style="width:400px">Wide</div></div>', "<div> “Wide” reaches from 0 to 400 px"),
    ('<p style="font-size:12px">Small</p>', "“Small” is set in 12 px"),
    (f'<p style="font-size:13px">{"Long and small. " * 9}</p>', "is set in 13 px"),
    ('<p style="color:#888">Grey</p>', "“Grey” has a contrast of 3.5"),
    ('<p style="color:#0007">Thin</p>', "“Thin” has a contrast of 3.5"),
    ('<p style="background:linear-gradient(red,blue)">Where?</p>', "“Where?” lies on no colour that is known"),
    ('<div style="width:40px;overflow:hidden;white-space:nowrap">Cut at its side</div>', "is cut by its <div>"),
    ('<div style="height:20px;overflow:hidden"><div style="padding-top:15px">Cut below</div></div>', "is cut by its"),
    (
        '<table role="presentation" style="table-layout:fixed;width:60px"><tr><td>Unverkäuflichkeit</td></tr></table>',
        "“Unverkäuflichkeit” runs out of its cell",
    ),
    ('<p>One</p><p style="margin-top:-36px">Two</p>', "“One” lies over “Two”"),
    (f'<img src="{PHOTO}" alt="" width="60"><p style="margin-top:-70px">On it</p>', "“On it” lies over the picture"),
    (f'<img src="{PHOTO}" width="60">', "coat.jpg has no alt text"),
    (f'<a href="https://shop.example/x"><img src="{PHOTO}" alt="" width="60"></a>', "shop.example/x has no name"),
    (f'<img src="{PHOTO}" alt="" style="width:60px;height:60px">', "coat.jpg is squeezed to 60 × 60"),
    ("<table><tr><td>Laid out</td></tr></table>", "a table that lays out “Laid out” is read as data"),
    ('<div class="action"><a href="https://shop.example">Tiny</a></div>', "the button “Tiny” is"),
    ('<div class="scale"><a href="https://shop.example" style="display:block;width:30px;padding:13px 0">7</a></div>',
     "the button “7” is 30 ×"),
])
def test_what_is_wrong_is_told(page: MailPage, body: str, complaint: str) -> None:
    assert complaint in told(page, mail(body))


def test_colours_are_looked_at_by_day_and_by_night(page: MailPage) -> None:
    style = "<style>@media (prefers-color-scheme: dark) { body { background: #222 !important } }</style>"
    assert told(page, mail(f"{style}<p>Black</p>")) == ""
    assert "“Black” has a contrast of 1.2" in told(page, mail(f"{style}<p>Black</p>"), "dark")


def test_a_mail_says_its_language(page: MailPage) -> None:
    assert "the page says no language" in told(page, mail("<p>What is this?</p>", lang=""))


def test_what_stands_for_a_picture_is_read_too(browser: Browser) -> None:
    with mail_page(browser, pictures=False) as page:
        picture = f'<img src="{PHOTO}" alt="A coat" style="color:#999;background:#eee" width="60" height="80">'
        assert "“A coat” has a contrast of 2.5" in told(page, mail(picture))
