"""A starter that is copied under templates/ and given its name would be put in force as it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from chalicelib.flows.check import check
from chalicelib.flows.drafts import in_folder
from chalicelib.flows.preview import Previewer
from tests.emulators import ROOT

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
STARTERS = ROOT / "starters"
WHOLE = sorted(file.parent.name for file in STARTERS.glob("*/message.yaml"))
CHANNELS = sorted(folder.name for folder in STARTERS.iterdir())


def copied(starters: tuple[str, ...], name: str, to: Path) -> Path:
    """A shop with one message, made of these starters as docs/templates.md says."""
    folder = to / "templates" / name
    for shared in ("blocks", "brand.yaml"):
        source, target = ROOT / "templates" / shared, to / "templates" / shared
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            copytree(source, target)
        else:
            target.write_bytes(source.read_bytes())
    for starter in starters:
        copytree(STARTERS / starter, folder, dirs_exist_ok=True)
    definition = folder / "message.yaml"
    definition.write_text(re.sub(r"(?m)^message: \S+$", f"message: {name}", definition.read_text("utf-8")))
    return to


def test_there_is_one_for_every_channel() -> None:
    assert CHANNELS == ["email", "push", "sms", "telegram", "web-push"]
    assert sorted(set(CHANNELS) - set(WHOLE)) == ["telegram"], "which goes beside another channel's files"


@pytest.mark.parametrize("starter", CHANNELS)
def test_a_copy_is_right(starter: str, tmp_path: Path) -> None:
    shop = copied((starter,) if starter in WHOLE else ("push", starter), "spring-news", tmp_path)
    assert [str(problem) for problem in check(shop, NOW)] == []


@pytest.mark.parametrize("starter", CHANNELS)
@pytest.mark.parametrize("locale", ["ru", "en"])
@pytest.mark.parametrize("sample", ["full", "bare", "odd"])
def test_a_copy_is_shown_to_everybody(starter: str, locale: str, sample: str, tmp_path: Path) -> None:
    shop = copied((starter,) if starter in WHOLE else ("push", starter), "spring-news", tmp_path)
    previewer = Previewer(in_folder(shop, NOW))
    shown = previewer.preview("spring-news", NOW, channel=starter, locale=locale, sample=sample)
    assert shown.rendered
    assert shown.rendered.locale == locale
    assert [remark for remark in shown.remarks if remark.level == "wrong"] == []


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_the_sms_is_as_long_as_planned(locale: str, tmp_path: Path) -> None:
    shown = Previewer(in_folder(copied(("sms",), "hello", tmp_path), NOW)).preview("hello", NOW, locale=locale)
    assert shown.sms
    assert len(shown.sms.parts) <= 2
