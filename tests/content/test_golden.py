"""What every shipped message says, word for word, to each of the sample customers.

A file for each variant, golden/<message>/<channel>.<locale>.txt, with a section for each sample: headers, text, and of
a mail its words, links and pictures in the order of the page; "(and so on)" is an ending that the first section has
too. `pytest tests/content --golden` writes them anew.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from chalicelib.content.samples import SAMPLES
from chalicelib.domain.rendered import Rendered
from tests.content.mail_reader import Page
from tests.content.places import VARIANTS, render_sample

GOLDEN = Path(__file__).with_name("golden")
MARKS = re.compile(r"utm_source=selvedge&utm_medium=[a-z-]+&utm_campaign=sample&utm_content=1")
"""The marks of a shop's link, told short; test_link_marks.py says what they are."""


def golden_file(name: str, variant: str) -> Path:
    """Where the words of a variant are kept."""
    return GOLDEN / name / f"{variant}.txt"


def parts(rendered: Rendered) -> list[str]:
    """Headers, text and, of a mail, the outline of its page."""
    headers = [
        ("Subject", rendered.subject), ("Preheader", rendered.preheader), ("Title", rendered.title),
        ("Link", rendered.url), ("Button", rendered.button), ("Image", rendered.image),
    ]
    head = "\n".join(f"{name}: {value}" for name, value in headers if value)
    page = "\n".join(["----- html", *Page(rendered.html).outline]) if rendered.html else ""
    return [MARKS.sub("utm…", part) for part in (head, rendered.text or rendered.body, page)]


def without_ending_of(first: str, words: str) -> str:
    """The words less the lines at their end that the first sample has too: the same footer stands in a file once."""
    lines, others = words.split("\n"), first.split("\n")
    same = 0
    while same < min(len(lines), len(others)) and lines[-1 - same] == others[-1 - same]:
        same += 1
    return words if same < 3 else "\n".join([*lines[:-same], "(and so on)"])


def told(samples: Sequence[tuple[str, Rendered]]) -> str:
    """A golden file: a section for each sample."""
    first = parts(samples[0][1])
    sections: list[str] = []
    for name, rendered in samples:
        mine = parts(rendered)
        if sections:
            mine = [without_ending_of(*pair) for pair in zip(first, mine, strict=True)]
        sections.append("\n\n".join(part for part in (f"===== {name}", *mine) if part) + "\n")
    return "\n".join(sections)


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_the_words_are_the_golden_ones(name: str, variant: str, golden: bool) -> None:
    channel, _, locale = variant.partition(".")
    words = told([(sample.name, render_sample(name, channel, locale, sample)) for sample in SAMPLES])
    file = golden_file(name, variant)
    if golden:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(words, "utf-8")
    assert words == file.read_text("utf-8")


def test_there_is_no_golden_file_without_its_message() -> None:
    there = {file for file in GOLDEN.rglob("*") if file.is_file()}
    assert there == {golden_file(name, variant) for name, variant in VARIANTS}
