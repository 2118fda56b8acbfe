"""What is wrong or doubtful in a journey that can be read: steps nobody reaches, long waits, sends after a purchase.

An error keeps a file from going live; a warning is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Final

from chalicelib.definitions.journey_files import JourneyFile
from chalicelib.domain.conditions import Condition, Scope, compile_condition
from chalicelib.domain.customer import Customer
from chalicelib.domain.journeys import (
    DAY,
    END,
    Award,
    Branch,
    BroadcastTrigger,
    Duration,
    EventTrigger,
    GotoGoal,
    Issue,
    Journey,
    LocalTime,
    SegmentTrigger,
    Send,
    Split,
    Step,
    Wait,
    WaitFor,
)
from chalicelib.domain.limits import tags_of
from chalicelib.domain.problems import Problem
from chalicelib.domain.rehearsal import AWARDED
from chalicelib.domain.shop import FrequencyCap, MessageDefinition, ShopSettings

PURCHASES: Final = frozenset({"order.placed", "order.paid", "checkout.completed"})
"""Events by which a customer has bought."""
SELLING_TRIGGERS: Final = ("cart.", "checkout.", "product.", "wishlist.", "category.")
"""What events are called whose journeys try to sell what was looked at."""
LONGEST_WAIT: Final = 366 * DAY


def check_journey(
    read: JourneyFile, messages: Mapping[str, MessageDefinition], segments: Mapping[str, Condition]
) -> list[Problem]:
    """What is wrong or doubtful in one journey, in the order of its lines."""
    found = [
        *_unreachable(read, segments), *_awarding_itself(read), *_long_waits(read), *_without_template(read, messages),
        *_after_purchase(read, messages, segments),
    ]
    return sorted(found, key=lambda problem: problem.line)


def check_overlaps(
    files: Iterable[JourneyFile], messages: Mapping[str, MessageDefinition], settings: ShopSettings
) -> list[Problem]:
    """Live journeys that the same thing starts and whose messages want the same slot of a frequency cap.

    Each pair is told with the first file and with the second.
    """
    found = []
    live = [read for read in files if read.journey.status == "live"]
    for one, other in combinations(live, 2):
        start = _started_alike(one.journey, other.journey)
        if not start:
            continue
        cap = _cap_fought_for(_wanted(one.journey, messages), _wanted(other.journey, messages), settings.caps)
        if cap is None:
            continue
        for read, rival in ((one, other), (other, one)):
            text = (
                f"{rival.file} is started by {start} too, and both send `{cap.tag}` of which "
                f"{cap.count} in {_in_words(cap.window)} may go: the lower `priority` of message.yaml loses; set "
                "priorities, keep one of them to other customers by `for`, or let the loser wait by "
                "`on-cap: retry-until`"
            )
            found.append(Problem(read.file, read.lines[read.journey.first], text, "warning"))
    return found


def _following(step: Step) -> tuple[str, ...]:
    """The paths of the steps that may come after one."""
    match step:
        case Wait(next=then, otherwise=otherwise):
            return (then, otherwise) if otherwise else (then,)
        case WaitFor(cases=cases, otherwise=otherwise) | Branch(cases=cases, otherwise=otherwise):
            return (*(case.next for case in cases), otherwise)
        case Split(arms=arms):
            return tuple(arm.next for arm in arms)
        case _:
            following = getattr(step, "next", "")
            return (following,) if following else ()


def _certain(text: str, segments: Mapping[str, Condition]) -> bool | None:
    """The value of a condition that is the same for everyone at all times, else None."""
    condition = compile_condition(text, segments)
    if condition.reads or condition.timed:
        return None
    return condition.holds(Scope(Customer("nobody"), {}, datetime(2000, 1, 1, tzinfo=UTC)))


def _open(step: Step, segments: Mapping[str, Condition]) -> tuple[str, ...]:
    """The paths that can really come after a step: the cases of a branch that are not false for everyone, up to one
    that is true for everyone or has been asked before."""
    if not isinstance(step, Branch):
        return _following(step)
    paths: list[str] = []
    asked: set[str] = set()
    for case in step.cases:
        certain = _certain(case.when, segments)
        if certain is not False and case.when not in asked:
            paths.append(case.next)
        if certain is True:
            return tuple(paths)
        asked.add(case.when)
    return (*paths, step.otherwise)


def _unreachable(read: JourneyFile, segments: Mapping[str, Condition]) -> Iterator[Problem]:
    journey = read.journey
    reached: set[str] = set()
    waiting = [journey.first]
    if journey.goal and journey.goal.then:
        waiting.append(journey.labels[journey.goal.then])
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting.extend(_open(journey.steps[path], segments))
    lost = set(read.lines) - reached
    for path in sorted(lost, key=lambda path: read.lines[path]):
        before = [other for other, step in journey.steps.items() if path in _following(step)]
        if lost & set(before):
            continue
        why = "its case is never the first that is true" if before else "what stands before it always ends the run"
        yield Problem(
            read.file, read.lines[path],
            f"step {path} is never reached: {why}; take it out, or move it to where the run comes by",
        )


def _awarding_itself(read: JourneyFile) -> Iterator[Problem]:
    if AWARDED not in read.journey.triggers:
        return
    for path, step in read.journey.steps.items():
        if isinstance(step, Award):
            yield Problem(
                read.file, read.lines[path],
                f"step {path} awards points, and points awarded ({AWARDED}) start this journey: it would start itself; "
                "let another event start it",
            )


def _long_waits(read: JourneyFile) -> Iterator[Problem]:
    for path, step in read.journey.steps.items():
        seconds = step.limit if isinstance(step, WaitFor) else _length(step) if isinstance(step, Wait) else 0
        if seconds > LONGEST_WAIT:
            yield Problem(
                read.file, read.lines[path],
                f"step {path} waits for more than a year ({_in_words(seconds)}); "
                "if that is meant, a journey started by a date or a segment is easier to change meanwhile",
                "warning",
            )


def _length(step: Wait) -> int:
    """How long a wait lasts, in seconds; 0 where only its day can tell."""
    match step.delay:
        case Duration(seconds=seconds):
            return seconds
        case LocalTime(days=days):
            return (days or 0) * DAY
        case _:
            return 0


def _without_template(read: JourneyFile, messages: Mapping[str, MessageDefinition]) -> Iterator[Problem]:
    for path, step in read.journey.steps.items():
        if not isinstance(step, Send) or step.message not in messages:
            continue
        variants = messages[step.message].variants
        lacking = [channel for channel in step.channels if not any(v.startswith(f"{channel}.") for v in variants)]
        if lacking:
            yield Problem(
                read.file, read.lines[path],
                f"step {path} sends {step.message!r} by {', '.join(lacking)}, for which it has no template: "
                f"add templates/{step.message}/{lacking[0]}.<language>.txt, or take it out of `by`",
                "warning",
            )


def _after_purchase(
    read: JourneyFile, messages: Mapping[str, MessageDefinition], segments: Mapping[str, Condition]
) -> Iterator[Problem]:
    """Marketing that sells, sent after a wait in which the customer may have bought, with nobody looking."""
    journey = read.journey
    if _heeds_purchases(journey, segments):
        return
    sells = any(name.startswith(SELLING_TRIGGERS) for name in journey.triggers)
    for path in sorted(_sold_unseen(journey, sells, segments), key=lambda path: read.lines[path]):
        step = journey.steps[path]
        if isinstance(step, Send) and messages[step.message].category != "marketing":
            continue
        does = f"sends {step.message!r}" if isinstance(step, Send) else "issues a code"
        yield Problem(
            read.file, read.lines[path],
            f"step {path} {does} after a wait, also to who has bought meanwhile: add "
            "`goal: order.placed` or `exit: [order.placed]`, or ask for `customer.orders` in a branch before it",
            "warning",
        )


def _heeds_purchases(journey: Journey, segments: Mapping[str, Condition]) -> bool:
    events = {leave.on for leave in journey.exits} | {journey.goal.on if journey.goal else ""}
    rules = [journey.profile_filter, *(leave.when for leave in journey.exits)]
    return bool(events & PURCHASES) or any(_reads_orders(text, segments) for text in rules)


def _reads_orders(text: str, segments: Mapping[str, Condition]) -> bool:
    return bool(text) and any(path.startswith("customer.orders.") for path in compile_condition(text, segments).reads)


def _sold_unseen(journey: Journey, sells: bool, segments: Mapping[str, Condition]) -> set[str]:
    """The paths of sends that sell and of codes issued, after a wait with no look at the orders since."""
    found: set[str] = set()
    known: set[tuple[str, bool]] = set()
    waiting = [(journey.first, False)]
    while waiting:
        state = waiting.pop()
        if state in known or state[0] == END:
            continue
        known.add(state)
        path, waited = state
        step = journey.steps[path]
        if waited and (isinstance(step, Issue) or (isinstance(step, Send) and (sells or step.issue))):
            found.add(path)
        if isinstance(step, Branch) and any(_reads_orders(case.when, segments) for case in step.cases):
            waited = False
        elif isinstance(step, WaitFor):
            asked = any(case.on in PURCHASES or _reads_orders(case.when, segments) for case in step.cases)
            waited = waited or not asked
        waiting.extend((then, waited or isinstance(step, Wait)) for then in _following(step))
        if isinstance(step, GotoGoal) and journey.goal and journey.goal.then:
            waiting.append((journey.labels[journey.goal.then], waited))
    return found


def _started_alike(one: Journey, other: Journey) -> str:
    """What starts both of two journeys, in words; empty when nothing does."""
    match one.trigger, other.trigger:
        case EventTrigger(names=names), EventTrigger(names=others) if set(names) & set(others):
            return " and ".join(sorted(set(names) & set(others)))
        case (SegmentTrigger(segment=segment), SegmentTrigger()) if one.trigger == other.trigger:
            return f"segment {segment}"
        case BroadcastTrigger(at=at), BroadcastTrigger(at=at_too) if at.date() == at_too.date():
            return "the calendar (a broadcast on the same day)"
        case _:
            return ""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A marketing send that a journey wants: how many seconds after the entry at the earliest, under which tags."""

    after: int
    tags: frozenset[str]


def _wanted(journey: Journey, messages: Mapping[str, MessageDefinition]) -> list[_Wanted]:
    earliest = {journey.first: 0}
    waiting = [journey.first]
    while waiting:
        path = waiting.pop()
        step = journey.steps[path]
        after = earliest[path] + (_length(step) if isinstance(step, Wait) else 0)
        for then in _following(step):
            if after < earliest.get(then, after + 1):
                earliest[then] = after
                waiting.append(then)
    wanted = []
    for path, after in earliest.items():
        step = journey.steps[path]
        message = messages.get(step.message) if isinstance(step, Send) else None
        if isinstance(step, Send) and message is not None and message.obeys_cap and message.category == "marketing":
            # The first channel is the one that most are written to by.
            channel = (step.channels or message.channels)[0]
            wanted.append(_Wanted(after, frozenset(tags_of(message, channel))))
    return wanted


def _cap_fought_for(
    one: list[_Wanted], other: list[_Wanted], caps: tuple[FrequencyCap, ...]
) -> FrequencyCap | None:
    """The first cap that the sends of both together pass, and those of neither alone."""
    for cap in caps:
        mine = [send.after for send in one if cap.tag in send.tags]
        others = [send.after for send in other if cap.tag in send.tags]
        if not mine or not others:
            continue
        if max(_most(mine, cap), _most(others, cap)) <= cap.count < _most(mine + others, cap):
            return cap
    return None


def _most(moments: list[int], cap: FrequencyCap) -> int:
    """The most of these moments that fall into one window of a cap."""
    return max(sum(start <= moment < start + cap.window for moment in moments) for start in moments)


def _in_words(seconds: int) -> str:
    for unit, length in (("day", DAY), ("hour", 3600), ("minute", 60)):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"
