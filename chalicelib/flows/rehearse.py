"""Rehearsal: journeys played over what was recorded, to see what would have come of them. Sends and writes nothing.

    the table, the archive or a file ─▶ in order of recording ─▶ fold, virtual clock ─▶ tally ─▶ report

What is played is as if the definitions had been in force all along: timers, broadcasts and awards are the rehearsal's
own. What customers did about messages that they really got (opens, bounces, complaints) is played as it was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from msgspec.structs import replace

from chalicelib.content.occasion import Occasion
from chalicelib.content.rendering import Templates
from chalicelib.content.sample_links import sample_links, sample_short_link
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, sample_message
from chalicelib.content.template_files import TemplateFiles
from chalicelib.domain import sms_parts
from chalicelib.domain.customer import Customer
from chalicelib.domain.definitions import Definitions
from chalicelib.domain.events import Entry
from chalicelib.domain.journeys import Journey
from chalicelib.domain.messages import Message
from chalicelib.domain.prices import Prices
from chalicelib.domain.rehearsal import Rehearsal
from chalicelib.domain.rehearsal_report import Report, Source
from chalicelib.domain.rehearsal_tally import Tally, Told
from chalicelib.domain.segments import Segment
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import TemplateError, UnknownEditionError, UnknownJourneyError

TOLD_EVERY = 2000
"""Entries after which progress is told again."""

ESTIMATE = (
    "Of an email and a push each send costs its price. Of an SMS the parts are those of its text, rendered once per "
    "language with a sample customer and order; web push costs nothing."
)
"""How costs are known without rendering each message."""

FilesOf = Callable[[MessageDefinition], TemplateFiles]
"""Where the templates of a message are."""

Progress = Callable[[int, datetime], None]
"""Told now and then: how many entries have been played, and the virtual clock's time."""


class Pricing:
    """What each send costs, by a price list; SMS by the parts of their text, rendered once per message and language."""

    def __init__(self, prices: Prices, definitions: Definitions, files_of: FilesOf) -> None:
        self.prices = prices.with_overrides(definitions.settings.price_overrides)
        self._definitions = definitions
        self._templates, self._files_of = Templates(), files_of
        self._parts: dict[tuple[str, str, bool], int] = {}

    def cost(self, message: Message, customer: Customer) -> Decimal:
        """What sending a message by the first of its channels costs, in US dollars."""
        channel = message.channels[0]
        if channel == "email":
            return self.prices.email
        if channel == "push":
            return self.prices.push
        if channel == "sms":
            return self.prices.of_sms(_country_of(customer.profile.phone), self._parts_of(message, customer))
        return Decimal(0)

    def _parts_of(self, message: Message, customer: Customer) -> int:
        """The parts of an SMS; one where its template cannot be rendered: then the sender skips it anyway."""
        key = (message.name, customer.profile.locale, message.code is not None)
        if key not in self._parts:
            definition = self._definitions.message(message.name)
            try:
                settings, sample = self._definitions.settings, sample_message(definition, code=key[2])
                rendered = self._templates.render(Occasion(
                    sample, definition, FULL_CUSTOMER, FULL_EVENT, settings,
                    sample_links(sample, definition, "sms", SAMPLE_NOW), SAMPLE_NOW, key[1] or settings.locale,
                    shorten=sample_short_link,
                ), "sms", self._files_of(definition))
            except (TemplateError, UnknownEditionError):
                self._parts[key] = 1
            else:
                self._parts[key] = sms_parts.split(rendered.text).count
        return self._parts[key]


def all_in(files: TemplateFiles) -> FilesOf:
    """The templates of every message in one place, as a folder."""
    return lambda _: files


def with_live(definitions: Definitions, names: Iterable[str], others: Iterable[Journey] = ()) -> Definitions:
    """The definitions with the named journeys live beside those that are; `others` stand in for theirs of that name.

    Raises UnknownJourneyError for a name that neither has.
    """
    journeys = {name: program.journey for name, program in definitions.journeys.items()}
    journeys |= {journey.name: journey for journey in others}
    for name in names:
        if name not in journeys:
            raise UnknownJourneyError(name, journeys)
        journeys[name] = replace(journeys[name], status="live")
    return replaced(definitions, journeys.values())


def replaced(definitions: Definitions, journeys: Iterable[Journey]) -> Definitions:
    """The same settings, messages and segments with other journeys: those that are live, and without their pauses."""
    return Definitions.of(
        definitions.settings,
        definitions.messages.values(),
        [journey for journey in journeys if journey.status == "live"],
        segments=[Segment(name, rule.source) for name, rule in definitions.segments.items()],
        experiments=definitions.experiments,
    )


def rehearse(
    entries: Iterable[Entry],
    definitions: Definitions,
    pricing: Pricing,
    *,
    source: Source,
    name: str = "",
    names: Iterable[str] = (),
    customers: Iterable[Customer] = (),
    until: datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """Play entries, in the order of their recording, through all live journeys, and report what came of it.

    States begin empty, or as the given `customers`. It ends with the last entry, or at `until`. `names` are the
    journeys that are asked about, all when empty. Memory: the states of the customers, not the entries.
    """
    given = list(customers)
    tally = Tally(definitions, pricing.cost, names)
    rehearsal = Rehearsal(definitions, tally, given)
    number = 0
    for number, entry in enumerate(_until(entries, until), 1):
        rehearsal.take(entry)
        if progress is not None and number % TOLD_EVERY == 0:
            progress(number, entry.recorded_at)
    if until is not None:
        rehearsal.run_until(until)
    if progress is not None and rehearsal.now is not None:
        progress(number, rehearsal.now)
    told = Told(
        source=source,
        name=name,
        began_with=len(given),
        prices_of=pricing.prices.date,
        prices_from=pricing.prices.source,
        estimate=ESTIMATE,
    )
    return tally.report(rehearsal.customers.values(), told)


def _until(entries: Iterable[Entry], until: datetime | None) -> Iterator[Entry]:
    for entry in entries:
        if until is not None and entry.recorded_at > until:
            return
        yield entry


@lru_cache(maxsize=65_536)
def _country_of(phone: str) -> str:
    from chalicelib.channels.sms import country_of  # its tables take a while to load

    return country_of(phone)
