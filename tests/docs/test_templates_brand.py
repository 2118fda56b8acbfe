"""docs/templates.md names every field of brand.yaml and of what templates read of it, and its example is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.definitions import brand_file
from chalicelib.definitions.brand_file import read_brand
from chalicelib.domain.brand import Brand, Introduction

GUIDE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
SECTION = GUIDE.partition("## Brand\n")[2].partition("\n## ")[0]
TABLE = "\n".join(re.findall(r"^\|.*$", SECTION, re.MULTILINE))


def test_the_table_has_a_row_for_every_field_of_the_file_and_no_other() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", TABLE, re.MULTILINE)
    assert sorted(re.findall(r"`([a-z-]+)`", " ".join(rows))) == sorted(brand_file.FIELDS)


@pytest.mark.parametrize("field", [
    *brand_file.LOGO, *brand_file.SCHEMES, *brand_file.COLORS, *brand_file.FONTS, *brand_file.SUPPORT,
])
def test_every_field_within_a_field_is_named(field: str) -> None:
    assert f"`{field}`" in TABLE


def test_the_example_is_right_and_uses_every_field() -> None:
    example = SECTION.partition("```yaml\n")[2].partition("```")[0]
    assert re.findall(r"^([a-z-]+):", example, re.MULTILINE) == [
        "name", "logo", "colors", "fonts", "support", "address", "legal", "social", "reviews",
    ]
    assert set(re.findall(r"^([a-z-]+):", example, re.MULTILINE)) == set(brand_file.FIELDS)
    assert read_brand(example).name["en"] == "Weavers"


def test_every_field_that_templates_read_is_named() -> None:
    shown = GUIDE.partition("## What a template can show")[2]
    for name in Introduction.__struct_fields__:
        assert f"`{name}`" in next(row for row in shown.splitlines() if row.startswith("| `shop` |"))
    texts = {*Introduction.__struct_fields__}
    for name in set(Brand.__struct_fields__) - texts:
        assert f"`{name}`" in next(row for row in shown.splitlines() if row.startswith("| `brand` |"))
