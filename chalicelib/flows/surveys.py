"""Answers to surveys, given by a click in a message and on the page behind it, written to the customer's log.

Each answer is an entry with a number, under the moment at which the message went out: what was said last is read before
the next is written, so that the same answer is told once, however often it is given, and a changed one always.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from chalicelib.content.links import Link
from chalicelib.domain.events import Entry, Event
from chalicelib.storage import log

SOURCE: Final = "survey"
"""The source of these log entries."""
SCORES: Final = range(11)
"""From 0 to 10, as the question of the Net Promoter Score has it."""
MAX_COMMENT: Final = 2000
"""Characters of a comment that are kept."""
MAX_ANSWERS: Final = 20
"""Changes of mind that are written down for one message: whoever holds the link could go on for ever."""

_TRIES: Final = 3


class Answer(Struct, frozen=True):
    """What somebody said: a score from 0 to 10, and why, if they told."""

    score: int
    comment: str = ""


def answer(link: Link, said: Answer, now: datetime) -> bool:
    """Write down an answer; False when it changes nothing.

    A new score is `survey.answered` (data: survey, score, order), a new comment `survey.commented` (with the comment
    besides), so that nothing is counted twice. A read unit; a write unit if it is new. Raises StorageUnavailableError.
    """
    for _ in range(_TRIES):
        before = list(log.beginning_with(link.customer_id, _entry_id(link, "")))
        events = tuple(_events(link, said, _last(before), now))
        if not events or len(before) >= MAX_ANSWERS:
            return False
        entry_id = _entry_id(link, f"{len(before):02d}")
        if log.append(Entry(link.customer_id, entry_id, recorded_at=now, source=SOURCE, events=events)):
            return True
    return False


def _entry_id(link: Link, number: str) -> str:
    return log.entry_id(link.made_at, SOURCE, f"{link.message_id}.{number}")


def _last(entries: list[Entry]) -> dict[str, Any]:
    """The score and the comment that were given last."""
    last: dict[str, Any] = {}
    for entry in entries:
        for event in entry.events:
            last |= {name: value for name, value in event.data.items() if name in {"score", "comment"}}
    return last


def _events(link: Link, said: Answer, last: dict[str, Any], now: datetime) -> list[Event]:
    survey, order = link.about
    data = {"survey": survey, "score": said.score} | ({"order": order} if order else {})
    comment = said.comment.strip()[:MAX_COMMENT]
    events = []
    if said.score != last.get("score"):
        events.append(Event("survey.answered", now, data=data))
    if comment and comment != last.get("comment"):
        events.append(Event("survey.commented", now, data=data | {"comment": comment}))
    return events
