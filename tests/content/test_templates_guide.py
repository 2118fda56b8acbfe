"""docs/templates.md names everything a template can use."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec.structs import replace

from chalicelib.content import cleaning, links, sandbox
from chalicelib.content.samples import BARE_EVENT
from tests.content.places import FOLDER, TEMPLATES, render_sms

GUIDE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")


def test_every_filter_is_named() -> None:
    named = set(re.findall(r"`(\w+)`", GUIDE))
    # Those in brackets cannot be written in a template: the sandbox puts them there.
    assert {name for name in TEMPLATES.filters if not name.startswith("(")} <= named


def test_every_name_in_the_table_can_be_used() -> None:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", GUIDE.partition("| Filter |")[0], re.MULTILINE)
    words = re.findall(r"\w+", " ".join(rows))
    assert len(words) > 10
    for word in words:
        if word not in {"subject", "preheader"}:
            assert render_sms(f"x{{% if {word} is defined %}}yes{{% endif %}}") == "xyes"


def test_a_date_told_as_text_is_put_into_words() -> None:
    event = replace(BARE_EVENT, data={"expires_on": "2026-04-01"})
    assert render_sms("{{ data.expires_on|date }}", event=event) == "1 апреля"


def test_the_limits_are_the_real_ones() -> None:
    assert f"{sandbox.MAX_ROUNDS:,} rounds" in GUIDE
    assert sandbox.MAX_OUTPUT == 1_000_000
    assert f"at most {cleaning.MAX_TEXT} characters" in GUIDE
    assert f"good for {links.VALID['unsubscribe'].days} and {links.VALID['preferences'].days} days" in GUIDE


def test_the_blocks_are_the_shipped_ones() -> None:
    table = GUIDE.partition("| Block |")[2].partition("\n\n")[0]
    blocks = {file.name for file in (FOLDER / "blocks").iterdir()}
    assert {f"{name}.mjml" for name in re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)} == {
        name for name in blocks if name.endswith(".mjml")
    }
    without_text = re.search(r"^Each but (.+) has a `\.txt`", GUIDE, re.MULTILINE)
    assert without_text
    assert {name.replace(".mjml", ".txt") for name in blocks if name.endswith(".mjml")} - {
        f"{name}.txt" for name in re.findall(r"`([\w-]+)`", without_text[1])
    } == {name for name in blocks if name.endswith(".txt") and not name.startswith("words.")}
