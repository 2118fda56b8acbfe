"""The page about a rehearsal says what would have come of it, in two languages, and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser

from chalicelib.console.pages import Frame
from chalicelib.console.rehearsal import HEIGHT, WIDTH, page_of_its_own, render_rehearsal, sends_by_day, upright
from chalicelib.console.rehearsal_wording import TEXTS
from chalicelib.console.wording import LANGUAGES, Wording
from chalicelib.console.wording import TEXTS as ALL_PAGES
from chalicelib.domain.events import Entry
from chalicelib.domain.rehearsal_report import DayFigures, Report
from tests.domain.stories import SHOP, agreed, anna, cart, in_force
from tests.domain.test_rehearsal import ANOTHER, DAY, REMINDER, of, rehearsed

CLASH = in_force(REMINDER, ANOTHER, settings=replace(SHOP, caps=(DAY,)))


def report(*entries: Entry, until: str = "03-10 00:00") -> Report:
    """What comes of entries of Anna and Boris with a cap that two journeys share."""
    return rehearsed(CLASH, entries, [anna(), anna(customer_id="boris")], until)[1]


def busy() -> Report:
    """A report with sends, skips of two reasons, and a collision."""
    return report(cart("03-02 10:00"), *of("boris", cart("03-03 10:00"), agreed("03-03 10:10", given=False)))


def text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def page(shown: Report, language: str = "en", choices: Iterable[str] = ()) -> str:
    return render_rehearsal(shown, Frame(Wording(language), path="/rehearsal"), choices=tuple(choices))


def test_the_figures_stand_on_the_page() -> None:
    shown = text(page(busy()))
    for words in (
        "Entries 4", "Sends 2 of them marketing: 2", "People written to 1", "Cost $0.50", "Sends a day",
        "enough has been sent lately", "no consent for this channel and topic",
        "another third reminder email: 1 / 1 days 1 1 0", "enters reminder", "Customer anna",
    ):
        assert words in shown, words


def test_russian_has_a_word_for_everything() -> None:
    shown = text(page(busy(), "ru"))
    for words in ("Репетиция", "Отправки по дням", "Столкновения", "входит в reminder", "согласия"):
        assert words in shown
    assert all(len(pair) == len(LANGUAGES) and all(pair) for pair in TEXTS.values())
    assert not TEXTS.keys() & ALL_PAGES.keys()
    english = [key for key, (en, ru) in TEXTS.items() if en == ru]
    assert english == []


def test_an_empty_log_teaches_what_fills_it() -> None:
    shown = text(page(rehearsed(CLASH, [])[1]))
    assert "Nothing has been recorded yet" in shown
    assert "Let somebody sign up" in shown
    assert "Collisions" not in shown


def test_a_log_that_starts_no_journey_says_so() -> None:
    shown = text(page(report(agreed("03-02 10:00"))))
    assert "No journey was entered" in shown
    assert "Nothing would have been sent" in shown
    assert "No journey stood in another's way" in shown


def test_a_journey_can_be_chosen_where_there_is_a_choice() -> None:
    shown = page(busy(), choices=("reminder", "win-back"))
    assert re.findall(r"<option[^>]*>([^<]*)", shown) == ["All live journeys", "reminder", "win-back"]
    assert "<form" not in page(busy())


def test_names_from_files_and_logs_are_shown_as_text() -> None:
    hostile = replace(busy(), history=replace(busy().history, name="<script>alert(1)</script>"))
    for shown in (page(hostile), page_of_its_own(hostile, "en")):
        assert "<script>alert" not in shown
        assert "&lt;script&gt;" in shown


class _Styles(HTMLParser):
    """Finds what a strict content policy forbids: inline style, inline script, handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        self.forbidden += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "script" and "src" not in names:
            self.forbidden.append("inline script")


def test_nothing_on_the_page_needs_a_laxer_content_policy() -> None:
    found = _Styles()
    found.feed(page(busy()))
    assert found.forbidden == []


def test_a_page_of_its_own_fetches_and_runs_nothing() -> None:
    alone = page_of_its_own(busy(), "ru")
    assert "<script" not in alone
    assert not re.findall(r'(?:src|href)="', alone)
    assert '<html lang="ru">' in alone


@pytest.mark.browser
def test_a_browser_takes_the_page_of_its_own_with_its_style(browser: Browser) -> None:
    shown = browser.new_page()
    complaints: list[str] = []
    shown.on("console", lambda message: complaints.append(message.text))
    shown.set_content(page_of_its_own(busy(), "en"))
    assert shown.locator(".card").first.evaluate("element => getComputedStyle(element).borderRadius") == "10px"
    assert shown.locator("svg.chart rect").count() == 4
    assert complaints == []
    shown.close()


def test_days_without_sends_have_their_place_in_the_chart() -> None:
    days = [DayFigures(date(2026, 3, day), 4, {}, {}) for day in (2, 5)]
    assert list(sends_by_day(days, by_week=False).values()) == [4, 0, 0, 4]
    assert sends_by_day(days, by_week=True) == {date(2026, 3, 2): 8}
    assert sends_by_day([], by_week=True) == {}


def test_bars_keep_within_the_chart_and_to_their_proportion() -> None:
    bars = upright({str(number): number for number in range(30)})
    assert max(bar.x + bar.width for bar in bars) <= WIDTH
    assert max(bar.height for bar in bars) == HEIGHT
    assert all(bar.y + bar.height == HEIGHT for bar in bars)
    assert bars[0].height == 0
    assert bars[1].height > 0
    assert upright({}) == upright({"a": 0}) == []


def test_small_sums_keep_their_places() -> None:
    cheap = replace(busy(), costs=replace(busy().costs, total=Decimal("0.0002")))
    assert "$0.0002" in page(cheap)
