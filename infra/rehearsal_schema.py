"""Writes docs/rehearsal.schema.json, the shape of a rehearsal's report: `python -m infra.rehearsal_schema`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from chalicelib.domain.rehearsal_report import FORMAT, Report

FILE: Final = Path(__file__).parent.parent / "docs" / "rehearsal.schema.json"


def document() -> dict[str, Any]:
    """The JSON Schema of `rehearse --json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Report of a rehearsal, format {FORMAT}",
        **msgspec.json.schema(Report, ref_template="#/$defs/{name}"),
    }


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
