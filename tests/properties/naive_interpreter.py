"""A second interpreter of journey files, deliberately naive: it reads the file as it stands and walks minute by minute.

It shares nothing with the engine but the hash of a split: no compiling, no timers, no state that is stored. At each
minute it asks every run whether something is to be done, once on the minute and once just after it (a rule such as
"more than 5 hours" turns just after).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from chalicelib.domain.experiments import place_of
from chalicelib.domain.shop import MessageDefinition, ShopSettings

MOSCOW = timedelta(hours=3)
JUST_AFTER = timedelta(microseconds=1)
UNITS = {"minutes": 60, "minute": 60, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400}
LATE = timedelta(hours=6)


def span_of(text: str) -> timedelta:
    """A span as it is written."""
    number, unit = text.split()
    return timedelta(seconds=int(number) * UNITS[unit])


@dataclass
class Person:
    """All that the conditions of the generated journeys ask about."""

    customer_id: str
    channels: tuple[str, ...]
    consents: set[str]
    orders: int = 0
    tags: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    last_seen: datetime | None = None
    sent: list[tuple[datetime, tuple[str, ...]]] = field(default_factory=list)


Rule = Callable[[Person, datetime], bool]
RULES: dict[str, Rule] = {
    "customer.orders.count > 0": lambda who, _: who.orders > 0,
    "customer.orders.count > 1": lambda who, _: who.orders > 1,
    "customer.orders.count < 3": lambda who, _: who.orders < 3,
    '"keen" in customer.tags': lambda who, _: "keen" in who.tags,
    'not "keen" in customer.tags': lambda who, _: "keen" not in who.tags,
    'customer.data.mark == "seen"': lambda who, _: who.data.get("mark") == "seen",
    "hours_since(customer.last_seen_at) > 5": lambda who, now: _away(who, now) > timedelta(hours=5),
    "hours_since(customer.last_seen_at) <= 26": lambda who, now: (
        who.last_seen is not None and _away(who, now) <= timedelta(hours=26)
    ),
    'in_segment("buyers") and not "keen" in customer.tags': lambda who, _: who.orders > 0 and "keen" not in who.tags,
}
SEGMENTS: dict[str, Rule] = {
    "buyers": lambda who, _: who.orders > 0,
    "keen": lambda who, _: "keen" in who.tags,
    "away": lambda who, now: _away(who, now) > timedelta(hours=30),
}


def _away(who: Person, now: datetime) -> timedelta:
    return now - who.last_seen if who.last_seen is not None else timedelta(0)


@dataclass
class Place:
    """Where a run stands: the steps still to come, the nearest list last. The top one is done next."""

    lists: list[list[Any]]

    def next(self) -> Any:
        """Take the next step off, or None at the end."""
        while self.lists and not self.lists[-1]:
            self.lists.pop()
        return self.lists[-1].pop(0) if self.lists else None

    def into(self, steps: list[Any] | None) -> None:
        """Go on with the steps of an arm."""
        if steps:
            self.lists.append(list(steps))


@dataclass
class Walker:
    """One run: the step it stands at (None: about to take the next), when the step before happened, when it wakes."""

    journey: dict[str, Any]
    key: str
    place: Place
    since: datetime
    due: datetime
    at: Any = None
    wake: datetime | None = None
    converted: bool = False
    over: bool = False


class Naive:
    """The world of one customer."""

    def __init__(
        self, journeys: list[dict[str, Any]], messages: dict[str, MessageDefinition], shop: ShopSettings, who: Person
    ) -> None:
        self.journeys, self.messages, self.shop, self.who = journeys, messages, shop, who
        self.walkers: list[Walker] = []
        self.entered: dict[str, datetime] = {}
        self.carts: dict[str, datetime] = {}
        self.ordered: set[str] = set()
        self.inside: dict[str, bool] = dict.fromkeys(SEGMENTS, False)
        self.pause: tuple[str, datetime, datetime, str] | None = None
        self.came: list[tuple[datetime, str, str]] = []

    def live(self, start: datetime, end: datetime, happenings: dict[datetime, list[tuple[str, str, int]]]) -> None:
        """Walk from minute to minute. Nothing is asked of a customer before the first thing happens to them."""
        now, begun = start, False
        while now <= end:
            if self.pause and now == self.pause[2] and self.pause[3] == "shift":
                self._shift()
            if begun:
                self._look(now)
            for happening in happenings.get(now, ()):
                begun = True
                self._happen(happening, now)
                self._look(now)
            if begun:
                self._look(now + JUST_AFTER)
            now += timedelta(minutes=1)

    def _paused(self, walker: Walker, now: datetime) -> bool:
        name = walker.journey["journey"]
        return self.pause is not None and name == self.pause[0] and self.pause[1] <= now < self.pause[2]

    def _shift(self) -> None:
        assert self.pause is not None
        for walker in self.walkers:
            waited = walker.wake is not None and walker.since <= self.pause[1] < walker.wake
            if waited and walker.wake and walker.journey["journey"] == self.pause[0]:
                walker.wake += self.pause[2] - self.pause[1]

    def _happen(self, happening: tuple[str, str, int], now: datetime) -> None:
        name, which, total = happening
        if name == "order.placed":
            if which in self.ordered:
                return
            self.ordered.add(which)
            self.who.orders += 1
        self.who.last_seen = now
        if name == "consent.withdrawn":
            self.who.consents.discard("email")
        for walker in self.walkers:
            self._told(walker, name, which, now)
        self.walkers = [walker for walker in self.walkers if not walker.over]
        for journey in self.journeys:
            enter = journey["enter"]
            if enter.get("on") == name and total > 0:
                self._enter(journey, which, now)

    def _told(self, walker: Walker, name: str, which: str, now: datetime) -> None:
        journey = walker.journey
        goal = journey.get("goal")
        aim = goal["on"] if isinstance(goal, dict) else goal
        if aim == name and not walker.converted:
            self._goal(walker, now)
            return
        for leave in journey.get("exit", ()):
            on = leave if isinstance(leave, str) else leave.get("on")
            same = isinstance(leave, dict) and leave.get("same-key")
            if on == name and (not same or which == walker.key):
                walker.over = True
                return
        if walker.at and "wait-for" in walker.at:
            for case in walker.at["wait-for"]:
                if ("when" in case and RULES[case["when"]](self.who, now)) or case.get("on") == name:
                    self._jump(walker, case.get("steps"), now)
                    return
        if walker.at and walker.at.get("restart-on") == name and which == walker.key:
            walker.since = now
            walker.wake = self._wake(walker.at["wait"], now)

    def _jump(self, walker: Walker, steps: list[Any] | None, now: datetime) -> None:
        walker.at, walker.wake, walker.since, walker.due = None, None, now, now
        walker.place.into(steps)

    def _goal(self, walker: Walker, now: datetime) -> None:
        goal = walker.journey.get("goal")
        then = goal.get("then") if isinstance(goal, dict) else None
        if not then or walker.converted:
            walker.over = True
            return
        walker.converted = True
        steps = walker.journey["steps"]
        start = next(index for index, step in enumerate(steps) if isinstance(step, dict) and step.get("label") == then)
        walker.place = Place([list(steps[start:])])
        self._jump(walker, None, now)

    def _enter(self, journey: dict[str, Any], key: str, now: datetime) -> None:
        name = journey["journey"]
        if self.pause and name == self.pause[0] and self.pause[1] <= now < self.pause[2]:
            return
        if any(walker.journey is journey and walker.key == key for walker in self.walkers):
            return
        again, last = journey["enter"].get("again", "never"), self.entered.get(name)
        if last is not None and (again == "never" or (again != "always" and now - last < span_of(again["after"]))):
            return
        if "for" in journey and not RULES[journey["for"]](self.who, now):
            return
        self.entered[name] = now
        self.walkers.append(Walker(journey, key, Place([list(journey["steps"])]), now, now))

    def _look(self, now: datetime) -> None:
        """Everything that is to be done at this instant."""
        for _ in range(8):
            before = (list(self.who.tags), dict(self.who.data))
            for segment, rule in SEGMENTS.items():
                was, is_now = self.inside[segment], rule(self.who, now)
                self.inside[segment] = is_now
                for journey in self.journeys:
                    kind = "segment" if is_now else "segment-left"
                    if was != is_now and journey["enter"].get(kind) == segment:
                        self._enter(journey, "", now)
            self._advance(now)
            if before == (list(self.who.tags), dict(self.who.data)):
                break

    def _advance(self, now: datetime) -> None:
        wanting: list[tuple[int, str, str, Walker]] = []
        for walker in list(self.walkers):
            if any(isinstance(leave, dict) and "when" in leave and RULES[leave["when"]](self.who, now)
                   for leave in walker.journey.get("exit", ())):
                walker.over = True
                continue
            self._wake_up(walker, now)
            self._go(walker, now, wanting)
        while wanting:
            wanting.sort(key=lambda turn: turn[:3])
            walker = wanting.pop(0)[3]
            self._send(walker, now)
            self._go(walker, now, wanting)
        self.walkers = [walker for walker in self.walkers if not walker.over]

    def _wake_up(self, walker: Walker, now: datetime) -> None:
        step = walker.at
        if step is None:
            return
        if "wait-for" in step:
            for case in step["wait-for"]:
                if "when" in case and RULES[case["when"]](self.who, now):
                    self._jump(walker, case.get("steps"), now)
                    return
        if walker.wake is None or walker.wake > now or self._paused(walker, now):
            return
        walker.due = walker.since = walker.wake
        if "wait" in step:
            walker.at = walker.wake = None
        elif "wait-for" in step:
            walker.at = walker.wake = None
            walker.place.into(step.get("otherwise"))

    def _go(self, walker: Walker, now: datetime, wanting: list[tuple[int, str, str, Walker]]) -> None:
        while not walker.over:
            if walker.at is not None and "send" not in walker.at:
                return
            step = walker.at or walker.place.next()
            if step is None or step == {"end": None}:
                walker.over = True
            elif step == "goto-goal":
                self._goal(walker, now)
            elif "send" in step:
                if walker.at is not None and walker.wake is not None and walker.wake > now:
                    return
                if self._paused(walker, now):
                    walker.at, walker.wake = step, walker.wake or walker.due
                    return
                walker.at, walker.wake = step, None
                priority = self.messages[step["send"]].priority
                wanting.append((-priority, walker.journey["journey"], walker.key, walker))
                return
            elif "wait" in step:
                moment = self._wake(step["wait"], walker.since)
                if moment > now:
                    walker.at, walker.wake = step, moment
                    return
                walker.since = walker.due = moment
            elif "wait-for" in step:
                true = [case for case in step["wait-for"] if "when" in case and RULES[case["when"]](self.who, now)]
                if true:
                    walker.since = walker.due = now
                    walker.place.into(true[0].get("steps"))
                    continue
                walker.at, walker.wake = step, walker.since + span_of(step["limit"])
                self._wake_up(walker, now)  # the limit may have passed while the journey was paused
            else:
                self._at_once(walker, step, now)

    def _at_once(self, walker: Walker, step: dict[str, Any], now: datetime) -> None:
        if "branch" in step:
            true = [case for case in step["branch"] if RULES[case["when"]](self.who, now)]
            walker.place.into(true[0]["steps"] if true else step.get("otherwise"))
        elif "split" in step:
            first, second = step["split"]
            inside = place_of(step["experiment"], self.who.customer_id) < first["share"] * 100
            walker.place.into((first if inside else second)["steps"])
        elif not self._refused(walker, now):
            self._act(step, now)

    def _act(self, step: dict[str, Any], now: datetime) -> None:
        if "tag" in step:
            told = step["tag"] if isinstance(step["tag"], dict) else {"add": [step["tag"]]}
            self.who.tags = [tag for tag in self.who.tags if tag not in told.get("remove", ())]
            self.who.tags += [tag for tag in told.get("add", ()) if tag not in self.who.tags]
        elif "set" in step:
            self.who.data |= step["set"]
        elif "call-webhook" in step:
            self.came.append((now, "call-webhook", "webhook"))

    def _wake(self, wait: Any, since: datetime) -> datetime:
        if isinstance(wait, str):
            return since + span_of(wait)
        local = since + MOSCOW
        hour, minute = wait["at"].split(":")
        moment = datetime.combine(local.date(), time(int(hour), int(minute)), local.tzinfo)
        if "days" in wait:
            return moment + timedelta(days=wait["days"]) - MOSCOW
        return (moment if moment >= local else moment + timedelta(days=1)) - MOSCOW

    def _refused(self, walker: Walker, now: datetime) -> str:
        if self._paused(walker, walker.due) and self.pause and self.pause[3] == "drop":
            return "journey-paused"
        if now - walker.due > LATE:
            return "too-late"
        if "for" in walker.journey and not RULES[walker.journey["for"]](self.who, now):
            return "filter"
        return ""

    def _send(self, walker: Walker, now: datetime) -> None:
        message = self.messages[walker.at["send"]]
        outcome = self._refused(walker, now) or next(self._limits(message, now))
        if outcome.startswith("until "):
            walker.wake = walker.due = datetime.fromisoformat(outcome.removeprefix("until "))
            walker.since = now
            return
        self.came.append((now, message.name, outcome))
        walker.at, walker.wake, walker.since, walker.due = None, None, now, now

    def _limits(self, message: MessageDefinition, now: datetime) -> Iterator[str]:
        marketing = message.category == "marketing"
        known = [channel for channel in message.channels if channel in self.who.channels]
        usable = [channel for channel in known if not marketing or channel in self.who.consents]
        if not usable:
            yield "no-consent" if known else "no-channel"
        quiet, local = self.shop.quiet_hours, now + MOSCOW
        night = quiet.start != quiet.end and (local.time() >= quiet.start or local.time() < quiet.end)
        if night and message.quiet_hours != "ignore":
            day = local.date() + timedelta(days=local.time() >= quiet.start)
            end = datetime.combine(day, quiet.end, local.tzinfo) - MOSCOW
            yield "quiet-hours-drop" if message.quiet_hours == "drop" else f"until {end.isoformat()}"
        for channel in usable:
            tags = (channel, message.category, message.topic)
            if not marketing or not self._full(tags, now):
                if marketing:
                    self.who.sent.append((now, tags))
                yield channel
        yield "frequency-cap"

    def _full(self, tags: tuple[str, ...], now: datetime) -> bool:
        return any(
            cap.tag in tags
            and sum(cap.tag in sent and at + timedelta(seconds=cap.window) > now for at, sent in self.who.sent)
            >= cap.count
            for cap in self.shop.caps
        )
