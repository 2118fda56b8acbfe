"""Counting what comes of a rehearsal, entry by entry; the memory it takes is bounded by customers and days."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from chalicelib.domain.customer import Customer
from chalicelib.domain.decisions import ENDINGS
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.effects import IssueCode, PutMessage, PutTask
from chalicelib.domain.events import Entry
from chalicelib.domain.fold import TIMER_DUE, Folded
from chalicelib.domain.limits import tags_of
from chalicelib.domain.messages import Message, Reason, Status
from chalicelib.domain.rehearsal_report import (
    FORMAT,
    Busiest,
    Collision,
    Costs,
    DayFigures,
    History,
    JourneyFigures,
    MessageFigures,
    MonthCost,
    Most,
    Report,
    Source,
)
from chalicelib.domain.rehearsal_samples import Samples
from chalicelib.domain.shop import FrequencyCap
from chalicelib.domain.timing import zone
from chalicelib.domain.vocabulary import SHOP_LOG

DAY, WEEK = timedelta(days=1), timedelta(days=7)

CostOf = Callable[[Message, Customer], Decimal]
"""What sending a message to a customer costs, in US dollars."""


@dataclass(slots=True)
class JourneyCount:
    """What one journey came to so far."""

    entries: int = 0
    people: set[str] = field(default_factory=set)
    converted: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    not_entered: Counter[str] = field(default_factory=Counter)
    tasks: int = 0
    codes: int = 0


@dataclass(slots=True)
class MessageCount:
    """What one message of a journey came to so far."""

    sends: Counter[str] = field(default_factory=Counter)
    skips: Counter[str] = field(default_factory=Counter)
    put_off: int = 0
    cost: Decimal = Decimal(0)


@dataclass(slots=True)
class CollisionCount:
    """How often one journey's message gave way to another journey."""

    customer_id: str
    at: datetime
    times: int = 0
    put_off: int = 0
    people: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Peak:
    """The most sends to any one person within a span, as far as known: the first to reach a number stands."""

    sends: int = 0
    customer_id: str = ""
    until: datetime | None = None

    def offer(self, sends: int, customer_id: str, until: datetime) -> None:
        """Take a number in if it is higher."""
        if sends > self.sends:
            self.sends, self.customer_id, self.until = sends, customer_id, until

    def figures(self) -> Most:
        """The peak as it is told."""
        return Most(self.sends, self.customer_id, self.until)


class Crowding:
    """How much each person gets: in any 24 hours, any 7 days, and in all."""

    def __init__(self) -> None:
        self.day, self.week, self.in_all = Peak(), Peak(), Peak()
        self.total: Counter[str] = Counter()
        self._lately: dict[str, deque[datetime]] = {}

    def add(self, customer_id: str, at: datetime) -> None:
        """Count a send."""
        self.total[customer_id] += 1
        self.in_all.offer(self.total[customer_id], customer_id, at)
        lately = self._lately.setdefault(customer_id, deque())
        lately.append(at)
        while lately[0] <= at - WEEK:
            lately.popleft()
        self.week.offer(len(lately), customer_id, at)
        if len(lately) > self.day.sends:
            self.day.offer(sum(moment > at - DAY for moment in lately), customer_id, at)

    def busiest(self) -> Busiest:
        """The peaks so far."""
        return Busiest(self.day.figures(), self.week.figures(), self.in_all.figures())


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says besides its counts: where the log comes from, how many states were given, how costs are known.
    """

    source: Source
    name: str
    began_with: int
    prices_of: str
    prices_from: str
    estimate: str


class Tally:
    """Watches a rehearsal and counts. `names` are the journeys that samples should show, all when empty."""

    def __init__(self, definitions: Definitions, cost_of: CostOf, names: Iterable[str] = ()) -> None:
        self.definitions = definitions
        self.zone = zone(definitions.settings.time_zone) or ZoneInfo("UTC")
        self.entries = self.events = self.timers = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.journeys: defaultdict[str, JourneyCount] = defaultdict(JourneyCount)
        self.messages: defaultdict[tuple[str, str], MessageCount] = defaultdict(MessageCount)
        self.days: defaultdict[date, Counter[tuple[str, str]]] = defaultdict(Counter)
        self.months: defaultdict[str, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self.channel_costs: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.collisions: dict[tuple[str, str, str, FrequencyCap], CollisionCount] = {}
        self.crowding, self.marketing = Crowding(), Crowding()
        self.troubles: Counter[str] = Counter()
        self.names = frozenset(names)
        self.samples = Samples(self.names)
        self._cost_of = cost_of
        self._budgets = {
            name: Decimal(program.journey.budget)
            for name, program in definitions.journeys.items()
            if program.journey.budget
        }
        goals = {name: program.journey.goal for name, program in definitions.journeys.items()}
        self._going_on = {name for name, goal in goals.items() if goal is not None and goal.then}
        shop = definitions.settings.budget
        self._shop_budget = Decimal(shop) if shop else None
        self._window = timedelta(seconds=max((cap.window for cap in definitions.settings.caps), default=0))
        self._sender_of: dict[str, str] = {}
        self._senders: deque[tuple[datetime, str]] = deque()

    def folded(self, entry: Entry, folded: Folded) -> None:
        """Count what an entry came to."""
        if entry.source == "timer" and entry.events[0].name == TIMER_DUE:
            self.timers += 1
        else:
            self.entries += 1
            self.events += len(entry.events)
            if self.first is None:
                self.first = entry.recorded_at
            self.last = entry.recorded_at
        self.samples.note(entry, folded)
        customer = folded.customer
        for decision in folded.decisions:
            decided = decision.decided
            if decided == "entered":
                count = self.journeys[decision.journey]
                count.entries += 1
                count.people.add(customer.customer_id)
            elif decided == "not entered":
                self.journeys[decision.journey].not_entered[decision.because.partition(",")[0]] += 1
            elif decided in ENDINGS:
                count = self.journeys[decision.journey]
                count.converted += decided == "converted"
                if decided != "converted" or decision.journey not in self._going_on:
                    count.ended[decided] += 1
        for effect in folded.effects:
            if isinstance(effect, PutMessage):
                self._message(effect.message, customer)
            elif isinstance(effect, PutTask):
                self.journeys[effect.task.journey].tasks += 1
            elif isinstance(effect, IssueCode):
                self.journeys[effect.journey].codes += 1

    def set_aside(self, entry: Entry, error: Exception) -> None:
        """Count an entry that the fold could not bear."""
        self.troubles[f"{type(error).__name__} in an entry of {entry.source}"] += 1

    def _message(self, message: Message, customer: Customer) -> None:
        count = self.messages[message.journey, message.name]
        if message.status is Status.QUEUED:
            self._send(message, customer, count)
            return
        if message.status is Status.DEFERRED:
            count.put_off += 1
        elif message.status is Status.SKIPPED:
            count.skips[message.reason] += 1
        if message.reason == Reason.FREQUENCY_CAP:
            self._collide(message, customer)

    def _send(self, message: Message, customer: Customer, count: MessageCount) -> None:
        at, channel = message.decided_at, message.channels[0]
        day = at.astimezone(self.zone).date()
        cost = self._cost_of(message, customer)
        month = self.months[f"{day:%Y-%m}"]
        if message.category == "marketing" and self._is_beyond_budget(message.journey, cost, month):
            count.skips[Reason.BUDGET] += 1
            return
        month[message.journey] += cost
        self.channel_costs[channel] += cost
        self.days[day][message.journey, channel] += 1
        count.sends[channel] += 1
        count.cost += cost
        if message.code is not None and not message.code.code_id:
            self.journeys[message.journey].codes += 1
        self.crowding.add(message.customer_id, at)
        if message.category == "marketing":
            self.marketing.add(message.customer_id, at)
            self._remember_sender(message)

    def _is_beyond_budget(self, journey: str, cost: Decimal, month: dict[str, Decimal]) -> bool:
        """Whether a budget of the month would refuse a cost (semantics 20)."""
        own, shop = self._budgets.get(journey), self._shop_budget
        if own is not None and month[journey] + cost > own:
            return True
        return shop is not None and sum(month.values()) + cost > shop

    def _remember_sender(self, message: Message) -> None:
        """Whose send it was, for as long as a cap can count it."""
        self._sender_of[message.message_id] = message.journey
        self._senders.append((message.decided_at, message.message_id))
        while self._senders[0][0] <= message.decided_at - self._window - DAY:
            self._sender_of.pop(self._senders.popleft()[1], None)

    def _collide(self, message: Message, customer: Customer) -> None:
        """Find out which journeys filled the cap that stood in the way."""
        definition = self.definitions.message(message.name)
        seen: set[str] = set()
        for cap in self.definitions.settings.caps:
            if not any(cap.tag in tags_of(definition, channel) for channel in definition.channels):
                continue
            since = message.decided_at - timedelta(seconds=cap.window)
            counted = [sent for sent in customer.sends if cap.tag in sent.tags and since < sent.at]
            if len(counted) < cap.count:
                continue
            for sent in counted[-cap.count :]:
                won = self._sender_of.get(sent.message_id)
                if won is not None and won not in seen:
                    seen.add(won)
                    self._note_collision((message.journey, won, message.name, cap), message)

    def _note_collision(self, key: tuple[str, str, str, FrequencyCap], message: Message) -> None:
        count = self.collisions.get(key)
        if count is None:
            count = self.collisions[key] = CollisionCount(message.customer_id, message.decided_at)
        count.times += 1
        count.put_off += message.status is Status.DEFERRED
        count.people.add(message.customer_id)

    def report(self, customers: Iterable[Customer], told: Told) -> Report:
        """The figures at the end; `customers` are the states then."""
        running: Counter[str] = Counter()
        there = 0
        for customer in customers:
            there += not customer.forwarded_to and customer.customer_id != SHOP_LOG
            running.update(run.journey for run in customer.runs)
        skips: Counter[str] = Counter()
        for count in self.messages.values():
            skips.update(count.skips)
        return Report(
            format=FORMAT,
            history=History(
                source=told.source,
                name=told.name,
                began_with=told.began_with,
                entries=self.entries,
                events=self.events,
                customers=there,
                timers=self.timers,
                left_out=dict(self.troubles),
                first=self.first,
                last=self.last,
                time_zone=self.definitions.settings.time_zone,
            ),
            journeys=tuple(self._journey(name, running[name]) for name in self.definitions.journeys),
            days=tuple(_day(day, counts) for day, counts in sorted(self.days.items())),
            sends=self.crowding.total.total(),
            marketing_sends=self.marketing.total.total(),
            skips=_sorted(skips),
            busiest=self.crowding.busiest(),
            busiest_marketing=self.marketing.busiest(),
            people_by_sends=dict(sorted(Counter(self.crowding.total.values()).items())),
            collisions=self._collisions(),
            costs=Costs(
                total=sum(self.channel_costs.values(), Decimal(0)),
                by_channel=dict(sorted(self.channel_costs.items())),
                months=tuple(
                    MonthCost(month, sum(by_journey.values(), Decimal(0)), dict(sorted(by_journey.items())))
                    for month, by_journey in sorted(self.months.items())
                ),
                prices_of=told.prices_of,
                prices_from=told.prices_from,
                estimate=told.estimate,
            ),
            samples=self.samples.chosen(),
        )

    def _journey(self, name: str, running: int) -> JourneyFigures:
        program, count = self.definitions.journeys[name], self.journeys[name]
        messages = tuple(
            MessageFigures(message, _sorted(one.sends), _sorted(one.skips), one.put_off, one.cost)
            for (journey, message), one in sorted(self.messages.items())
            if journey == name
        )
        skips: Counter[str] = Counter()
        for message in messages:
            skips.update(message.skips)
        return JourneyFigures(
            journey=name,
            version=program.version,
            rehearsed=not self.names or name in self.names,
            entries=count.entries,
            people=len(count.people),
            converted=count.converted,
            ended=_sorted(count.ended),
            running=running,
            not_entered=_sorted(count.not_entered),
            sends=sum(sum(message.sends.values()) for message in messages),
            skips=_sorted(skips),
            put_off=sum(message.put_off for message in messages),
            tasks=count.tasks,
            codes=count.codes,
            cost=sum((message.cost for message in messages), Decimal(0)),
            messages=messages,
        )

    def _collisions(self) -> tuple[Collision, ...]:
        found = [
            Collision(*key, count.times, len(count.people), count.put_off, count.customer_id, count.at)
            for key, count in self.collisions.items()
        ]
        return tuple(sorted(found, key=lambda one: (-one.times, one.lost, one.won, one.message)))


def _day(day: date, counts: Counter[tuple[str, str]]) -> DayFigures:
    by_journey: Counter[str] = Counter()
    by_channel: Counter[str] = Counter()
    for (journey, channel), sends in counts.items():
        by_journey[journey] += sends
        by_channel[channel] += sends
    return DayFigures(day, counts.total(), dict(sorted(by_journey.items())), dict(sorted(by_channel.items())))


def _sorted(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first."""
    return {str(name): count for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))}
