"""A message is looked through as a mail program or a spam filter would."""

from __future__ import annotations

import pytest

from chalicelib.content.inspection import CLIPPED_BY_GMAIL, Hosts, Inspection, inspected, same_site, urls_in
from chalicelib.domain.rendered import Rendered

HOSTS = Hosts(frozenset({"shop.example"}), frozenset({"hear.shop.example"}))
WORDS = "Your coat is waiting in your cart, and so are the scarf and the gloves that you chose with it on Tuesday. "


def mail(body: str, *, subject: str = "Your cart", text: str = WORDS, preheader: str = "It waits") -> Inspection:
    html = f"<html><head><title>x</title><style>a{{}}</style></head><body>{body}</body></html>"
    return inspected(Rendered("email", "en", subject=subject, preheader=preheader, html=html, text=text), HOSTS)


def codes(seen: Inspection) -> list[str]:
    return [remark.code for remark in seen.remarks]


def link(url: str) -> tuple[str, list[str]]:
    """Where a link is taken to lead, and what is said of it."""
    (seen,) = mail(f'<a href="{url}">the cart</a>').links
    return seen.place, [remark.code for remark in seen.remarks]


@pytest.mark.parametrize(("url", "place"), [
    ("https://shop.example/cart?utm_source=selvedge", "shop"),
    ("https://www.shop.example/cart?utm_source=selvedge", "shop"),
    ("https://hear.shop.example/u/token", "ours"),
    ("https://t.me/shop", "other"),
    ("mailto:help@shop.example", "mail"),
    ("tel:+7 495 000-00-00", "phone"),
])
def test_a_good_link_is_called_so_and_where_it_leads(url: str, place: str) -> None:
    assert link(url) == (place, [])


@pytest.mark.parametrize(("url", "said"), [
    ("", ["link-empty"]),
    ("#", ["link-empty"]),
    ("https://", ["link-malformed"]),
    ("https://shop.example/a b", ["link-malformed"]),
    ("https://shop.example:99999/", ["link-malformed"]),
    ("www.shop.example/cart", ["link-scheme"]),
    ("javascript:alert(1)", ["link-scheme"]),
    ("http://t.me/shop", ["link-http"]),
    ("https://bit.ly/3xyz", ["link-shortener"]),
    ("https://192.0.2.7/sale", ["link-number"]),
    ("https://shop.example/cart", ["link-unmarked"]),
    (f"https://t.me/{'x' * 2100}", ["link-long"]),
])
def test_a_link_that_is_wrong_or_doubtful_says_why(url: str, said: list[str]) -> None:
    assert link(url)[1] == said


def test_a_shops_name_at_the_end_of_another_host_is_not_the_shop() -> None:
    assert link("https://notshop.example/")[0] == "other"
    assert link("https://shop.example.evil.example/")[0] == "other"


def test_the_words_of_a_link_are_its_text_and_its_pictures_alt() -> None:
    picture = '<img src="https://shop.example/c.jpg" alt="Coat">'
    (seen,) = mail(f'<a href="https://t.me/x">{picture}<p>To the coat</p></a>').links
    assert seen.words == "Coat To the coat"


def test_the_marks_of_a_link_are_told() -> None:
    (seen,) = mail('<a href="https://shop.example/?a=1&amp;utm_source=selvedge&amp;utm_content=2.b">x</a>').links
    assert seen.marks == {"utm_source": "selvedge", "utm_content": "2.b"}


def test_links_of_the_text_part_lose_the_punctuation_after_them() -> None:
    assert urls_in("See https://shop.example/cart, or (https://t.me/shop).") == [
        "https://shop.example/cart", "https://t.me/shop",
    ]


@pytest.mark.parametrize(("attributes", "said"), [
    ('src="https://shop.example/c.jpg" alt="A coat"', []),
    ('src="https://shop.example/c.jpg" alt=""', []),
    ('src="https://shop.example/c.jpg" alt', []),
    ('src="https://shop.example/c.jpg"', ["picture-alt"]),
    ('src="http://shop.example/c.jpg" alt=""', ["picture-http"]),
    ('src="data:image/png;base64,AAAA" alt=""', ["picture-data"]),
    ('src="/c.jpg" alt=""', ["picture-address"]),
    ('src="https://shop.example/logo.svg" alt=""', ["picture-svg"]),
])
def test_a_picture_has_a_whole_address_and_an_alt_text(attributes: str, said: list[str]) -> None:
    (picture,) = mail(f"<img {attributes}>{WORDS}").pictures
    assert [remark.code for remark in picture.remarks] == said


def test_an_ordinary_mail_has_nothing_to_remark() -> None:
    assert codes(mail(f"<p>{WORDS}</p>")) == []


@pytest.mark.parametrize(("subject", "said"), [
    ("Only today and tomorrow: everything that you ever wanted, at half its price", ["subject-long"]),
    ("ONLY TODAY: HALF PRICE", ["subject-capitals"]),
    ("ТОЛЬКО СЕГОДНЯ", ["subject-capitals"]),
    ("NASA", []),
    ("Only today!!", ["subject-exclamation"]),
    ("Only today!", []),
])
def test_a_subject_that_shouts_or_runs_on_is_remarked(subject: str, said: list[str]) -> None:
    assert codes(mail(f"<p>{WORDS}</p>", subject=subject)) == said


def test_the_text_part_is_there_and_tells_as_much() -> None:
    assert codes(mail(f"<p>{WORDS}</p>", text="")) == ["text-missing"]
    assert codes(mail(f"<p>{WORDS * 10}</p>", text="See our site")) == ["text-short"]


def test_the_preheader_is_there() -> None:
    assert codes(mail(f"<p>{WORDS}</p>", preheader="")) == ["preheader-missing"]


def test_pictures_do_not_stand_for_words() -> None:
    pictures = '<img src="https://shop.example/c.jpg" alt="Coat">' * 3
    assert codes(mail(f"{pictures}<p>Buy it</p>", text="Buy it")) == ["pictures-over-words"]


def test_what_is_hidden_is_not_taken_for_words() -> None:
    hidden = f'<div style="display: none">{WORDS * 5}</div><p>Seen</p>'
    assert mail(hidden, text="Seen").words == "Seen"


@pytest.mark.parametrize(("size", "said"), [
    (CLIPPED_BY_GMAIL + 1, ["clipped"]), (CLIPPED_BY_GMAIL - 100, ["nearly-clipped"]), (50_000, []),
])
def test_a_mail_that_gmail_clips_is_told(size: int, said: list[str]) -> None:
    rendered = Rendered(
        "email", "en", subject="Sale", preheader="Now", html=f"<p>{WORDS}</p>".ljust(size, " "), text=WORDS,
    )
    assert codes(inspected(rendered, HOSTS)) == said


def test_a_push_is_short_and_its_link_is_told() -> None:
    push = Rendered("push", "en", title="t" * 51, body="b" * 151, url="https://shop.example/c?utm_source=s")
    seen = inspected(push, HOSTS)
    assert codes(seen) == ["title-long", "body-long"]
    assert [(one.part, one.place) for one in seen.links] == [("link", "shop")]


@pytest.mark.parametrize(("one", "other", "same"), [
    ("shop.example", "shop.example", True), ("mail.shop.example", "shop.example", True),
    ("mail.shop.example", "www.shop.example", True), ("shop.example", "other.example", False),
    ("a.co.uk", "b.co.uk", False), ("", "shop.example", False),
])
def test_two_hosts_are_of_one_site_when_their_names_say_so(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same
