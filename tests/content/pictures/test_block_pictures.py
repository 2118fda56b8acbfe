"""A mail made of every block there is, of the shop's own colours and fonts: readable at both widths, by day and by
night, in Outlook's own night, and with no picture loaded. Pictures are kept in build/pictures/blocks/.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chalicelib.content.samples import SAMPLES, Sample
from tests.content.pictures.mail_page import COMPUTER, MODES, TELEPHONE, MailPage, mail_page
from tests.content.places import SETTINGS
from tests.content.test_blocks import ALL, WEAVERS, mail

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[3] / "build" / "pictures" / "blocks"
BRANDS = {"shipped": SETTINGS, "own": WEAVERS}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[MailPage]:
    with mail_page(browser) as opened:
        yield opened


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_block_can_be_read_in_the_brands_colours(sample: Sample, brand: str, page: MailPage) -> None:
    page.show(mail(ALL, sample, settings=BRANDS[brand]).html, *MODES[0])
    wrong = []
    for width, scheme in MODES:
        page.turn(width, scheme)
        wrong += [f"{width} px, {scheme}: {told}" for told in page.wrong()]
        page.keep(PICTURES / f"{sample.name}.{brand}.{width}.{scheme}.png")
    assert wrong == []


def test_outlook_which_marks_its_night_by_attributes_can_be_read_too(page: MailPage) -> None:
    html = mail(ALL, settings=WEAVERS).html
    night = html.replace("<html ", '<html data-ogsc="" data-ogsb="" ')
    assert night != html
    for width in (TELEPHONE, COMPUTER):
        page.show(night, width, "light")
        assert page.wrong() == []
    page.keep(PICTURES / f"full.own.{COMPUTER}.outlook.png")


def test_without_pictures_nothing_is_missing(browser: Browser) -> None:
    with mail_page(browser, pictures=False) as page:
        for sample in SAMPLES:
            page.show(mail(ALL, sample).html, TELEPHONE, "light")
            wrong = page.wrong()
            page.turn(COMPUTER, "dark")
            assert wrong + page.wrong() == []
            page.keep(PICTURES / f"{sample.name}.shipped.{COMPUTER}.dark.no-pictures.png")
