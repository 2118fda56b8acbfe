"""The page that answers why, and why not: each run of one customer with its decisions, rules and values seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.console.pages import Frame
from chalicelib.console.timeline import name_of
from chalicelib.console.why_wording import ANSWERS, DECISIONS, TEXTS
from chalicelib.console.wording import Wording
from chalicelib.domain.decisions import ENDINGS, Decision
from chalicelib.domain.shop import ShopSettings
from chalicelib.domain.timing import zone_of
from chalicelib.flows.why import Explained, NotGot

_TONES = {
    "queued": "sent", "deferred": "waiting", "waits": "waiting", "paused": "waiting", "condition failed": "trouble",
}
_QUIET = frozenset({"same run", "not true", "known already"})
_LEFT_OUT = frozenset({"reached"})
"""What the page does not show: each step tells by itself that it was come to."""


@dataclass(frozen=True)
class Course:
    """One run, or what was refused by one journey: its decisions in their order."""

    journey: str
    run_key: str
    entry: int
    version: str
    decisions: tuple[Decision, ...]


def render_why(
    explained: Explained, frame: Frame, settings: ShopSettings, *, messages: Iterable[str] = (),
    not_got: NotGot | None = None,
) -> str:
    """One customer's decisions, the newest run first, and the answer to a question where one was asked.

    `messages` are the names that can be asked about.
    """
    customer, language = explained.customer, frame.words.language
    say, zone = Wording(language, TEXTS), zone_of(customer.profile, settings)
    return frame.render(
        "why.html",
        title=name_of(customer) or say("anonymous"),
        say=say,
        customer=customer,
        courses=_courses(explained.decisions),
        unexplained=len(explained.unexplained),
        names=sorted(messages),
        not_got=not_got,
        answer=lambda key: _of(ANSWERS, key, language),
        decided=lambda key: _of(DECISIONS, key, language),
        tone=_tone,
        value=lambda value: _value(value, say("no-value"), zone),
        moment=lambda at: say.moment(at, zone),
    )


def _courses(decisions: Iterable[Decision]) -> list[Course]:
    by_run: dict[tuple[str, str, int], list[Decision]] = {}
    for decision in decisions:
        if decision.decided in _LEFT_OUT:
            continue
        by_run.setdefault((decision.journey, decision.run_key if decision.entry else "", decision.entry), []).append(
            decision
        )
    courses = [
        Course(journey, run_key, entry, found[-1].version, tuple(found))
        for (journey, run_key, entry), found in by_run.items()
    ]
    return sorted(courses, key=lambda course: course.decisions[-1].at, reverse=True)


def _tone(decision: Decision) -> str:
    if decision.decided in _QUIET or decision.decided in ENDINGS:
        return "quiet"
    return _TONES.get(decision.decided, "")


def _value(value: Any, nothing: str, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(str(each) for each in value) or nothing
    return nothing if value is None or not str(value) else str(value)


def _of(table: Any, key: str, language: str) -> str:
    texts = table.get(key)
    return texts[language == "ru"] if texts else key
