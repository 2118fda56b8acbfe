"""Every shipped mail in both languages, on a telephone and a computer, by day and by night: nothing in it is cut,
covered, too small, too pale or out of its place. Pictures of all are kept in build/pictures/.

How the columns stand is in layouts/; `pytest tests/content --golden` writes it anew after a wanted change.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chalicelib.content.samples import SAMPLES
from tests.content.pictures.mail_page import COMPUTER, HERE, MODES, TELEPHONE, MailPage, Scheme, mail_page
from tests.content.places import EMAILS, render_sample

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAILS = sorted({name for name, _ in EMAILS})
DIAGONAL: tuple[tuple[int, Scheme], ...] = ((TELEPHONE, "light"), (COMPUTER, "dark"))
"""Modes that have both widths and both schemes: widths do not change colours, nor colours widths."""
PICTURES = Path(__file__).parents[3] / "build" / "pictures"
LAYOUTS = HERE / "layouts"
BY_NAME = {sample.name: sample for sample in SAMPLES}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[MailPage]:
    with mail_page(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def page_without_pictures(browser: Browser) -> Iterator[MailPage]:
    with mail_page(browser, pictures=False) as opened:
        yield opened


@cache
def html_of(name: str, sample: str, locale: str) -> str:
    """A shipped mail as this sample customer gets it."""
    return render_sample(name, "email", locale, BY_NAME[sample]).html


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_a_mail_can_be_read_at_both_widths_by_day_and_by_night(name: str, locale: str, page: MailPage) -> None:
    wrong = []
    for sample in BY_NAME:
        page.show(html_of(name, sample, locale), *MODES[0])
        for width, scheme in MODES if sample == "full" else DIAGONAL:
            page.turn(width, scheme)
            wrong += [f"{sample}, {width} px, {scheme}: {told}" for told in page.wrong()]
            if sample == "full" or (sample == "odd" and locale == "ru"):
                page.keep(PICTURES / name / f"{sample}.{locale}.{width}.{scheme}.png")
    assert wrong == []


@pytest.mark.parametrize(("name", "locale"), EMAILS)
def test_a_mail_whose_pictures_are_not_loaded_can_be_read(
    name: str, locale: str, page_without_pictures: MailPage,
) -> None:
    page_without_pictures.show(html_of(name, "full", locale), TELEPHONE, "light")
    wrong = page_without_pictures.wrong()
    page_without_pictures.turn(COMPUTER, "dark")
    wrong += page_without_pictures.wrong()
    if locale == "ru":
        page_without_pictures.keep(PICTURES / name / f"full.{locale}.{COMPUTER}.dark.no-pictures.png")
    assert wrong == []


@pytest.mark.parametrize("name", MAILS)
def test_the_columns_of_a_mail_stand_as_they_did(name: str, page: MailPage, golden: bool) -> None:
    page.show(html_of(name, "full", "ru"), TELEPHONE, "light")
    layout = []
    for width in (TELEPHONE, COMPUTER):
        page.turn(width, "light")
        layout += [f"{width} px", *(f"  {row}" for row in page.outline()), ""]
    told = "\n".join(layout)
    file = LAYOUTS / f"{name}.txt"
    if golden:
        LAYOUTS.mkdir(exist_ok=True)
        file.write_text(told, "utf-8")
    assert told == file.read_text("utf-8")


def test_there_is_no_layout_without_its_mail() -> None:
    assert {file.stem for file in LAYOUTS.iterdir()} == set(MAILS)
