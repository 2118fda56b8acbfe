"""A message as it would go out now, for people to look at: rendered from the files as they stand, and looked through.

Nothing is sent or written, and none of its links can do anything.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.channels.channel import Outgoing
from chalicelib.channels.email import mime
from chalicelib.channels.push import MOST_BYTES
from chalicelib.content.inspection import Hosts, Inspection, Remark, SeenLink, SeenPicture, inspected, same_site
from chalicelib.content.languages import pick_locale
from chalicelib.content.occasion import Occasion, no_recommendations
from chalicelib.content.rendering import Templates
from chalicelib.content.sample_links import SAMPLE_BASE
from chalicelib.content.samples import SAMPLE_NOW
from chalicelib.domain import consent, sms_parts
from chalicelib.domain.customer import Address
from chalicelib.domain.problems import Problem
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.errors import DefinitionError, ProviderRefusedError, TemplateError
from chalicelib.flows.drafts import Drafts, step_of, uploaded
from chalicelib.flows.means import means
from chalicelib.flows.message_links import MessageLinks
from chalicelib.flows.preview_subjects import Subject, customer_subject, sample_subject
from chalicelib.storage import secrets

STRANGER: Final = "customer@shop.example"
"""To whom a mail to a customer without an address is addressed in its preview."""


class Size(Struct, frozen=True):
    """Bytes: of the HTML part (Gmail clips it at `CLIPPED_BY_GMAIL`), of the text part, of the whole mail as sent."""

    html: int
    text: int
    whole: int


class SmsShown(Struct, frozen=True):
    """An SMS as the network carries it, and what it costs: US dollars by country, `*` for those not listed."""

    alphabet: str
    units: int
    parts: tuple[str, ...]
    prices: dict[str, str]


class PushShown(Struct, frozen=True):
    """The lengths of a push: characters of title and text, bytes of both, and how many bytes a push may have."""

    title: int
    body: int
    size: int
    most: int = MOST_BYTES


class SourceFile(Struct, frozen=True):
    """One of a message's files: its key in the bucket and its text; empty for what is no text."""

    key: str
    text: str


class Wrong(Struct, frozen=True):
    """What an upload of the files would be told: see `Problem`."""

    file: str
    line: int
    column: int
    text: str
    severity: str

    @classmethod
    def of(cls, problem: Problem) -> Wrong:
        """A problem as it is told here."""
        return cls(problem.file, problem.line, problem.column, problem.text, problem.severity)


class Previewed(Struct, frozen=True, kw_only=True):
    """A message by one channel in one language, for one sample or customer.

    `rendered` is None when it cannot be rendered; `problems` then say why. `customer` is a customer's id, or `sample`
    the name of a sample. `category` is empty when not even `message.yaml` can be read.
    """

    message: str
    category: str = ""
    channel: str = ""
    locale: str = ""
    sample: str = ""
    customer: str = ""
    about: str = ""
    variants: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    rendered: Rendered | None = None
    problems: tuple[Wrong, ...] = ()
    remarks: tuple[Remark, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    links: tuple[SeenLink, ...] = ()
    pictures: tuple[SeenPicture, ...] = ()
    size: Size | None = None
    sms: SmsShown | None = None
    push: PushShown | None = None
    files: tuple[SourceFile, ...] = ()


@dataclass(frozen=True)
class Previewer:
    """Makes previews of a shop's drafts. Links to the public pages lead to `base_url` and are signed with `keys`, or
    where there are none with the stack's."""

    drafts: Drafts
    templates: Templates = field(default_factory=Templates)
    base_url: str = SAMPLE_BASE
    keys: tuple[str, ...] = ("sample",)

    def preview(
        self, name: str, now: datetime, *, channel: str = "", locale: str = "", sample: str = "full",
        customer_id: str = "",
    ) -> Previewed:
        """A message as it would go out now. Without a channel the message's first, without a locale the reader's.

        What is wrong with the files is told, not raised. Raises UnknownMessageError, UnknownSampleError,
        UnknownCustomerError and StorageUnavailableError.
        """
        try:
            definition = self.drafts.definition(name)
        except DefinitionError as error:
            wrong = Wrong(error.file, error.line, 0, error.reason, "error")
            return Previewed(message=name, problems=(wrong,), files=self._files(name))
        subject = self.subject(definition, now, sample, customer_id)
        channel = channel or _first_channel(definition)
        rendered, failure = self.rendered(subject, definition, now, channel, locale)
        problems = [Wrong.of(problem) for problem in self.drafts.problems(name, now)]
        has_channel = any(variant.startswith(f"{channel}.") for variant in definition.variants)
        if failure is not None and has_channel and not any(one.severity == "error" for one in problems):
            problems.append(failure)
        common = Previewed(
            message=name, category=definition.category, channel=channel, sample=subject.name,
            locale=rendered.locale if rendered else _locale(definition, channel, locale, subject, self.drafts.settings),
            customer=subject.customer_id, about=subject.event.name if subject.event else "",
            variants=definition.variants, journeys=tuple(one.name for one in self.drafts.journeys_with(name)),
            problems=tuple(problems), files=self._files(name),
        )
        return common if rendered is None else self._looked_through(common, rendered, subject, definition, now)

    def words(
        self, name: str, now: datetime, *, channel: str = "", locale: str = "", sample: str = "full",
        customer_id: str = "",
    ) -> Rendered | None:
        """Only the message in words, or None when it cannot be rendered. Raises as `preview` does."""
        try:
            definition = self.drafts.definition(name)
        except DefinitionError:
            return None
        subject = self.subject(definition, now, sample, customer_id)
        return self.rendered(subject, definition, now, channel or _first_channel(definition), locale)[0]

    def subject(self, definition: MessageDefinition, now: datetime, sample: str, customer_id: str) -> Subject:
        """Whom a preview is for: a customer where one is named, else a sample."""
        journeys = self.drafts.journeys_with(definition.name)
        if customer_id:
            subject = customer_subject(customer_id, definition, journeys, now)
        else:
            subject = sample_subject(sample, definition, self.drafts.settings)
        for journey in journeys[:1]:
            step = step_of(journey, definition.name)
            subject = replace(subject, message=replace(subject.message, journey=journey.name, step=step))
        return subject

    def rendered(
        self, subject: Subject, definition: MessageDefinition, now: datetime, channel: str, locale: str,
        *, links: MessageLinks | None = None,
    ) -> tuple[Rendered | None, Wrong | None]:
        """The message in words, with these links if any are given; or what kept it from being rendered."""
        # A sample's dates are near the day it was made for.
        moment = now if subject.customer_id else SAMPLE_NOW
        links = links or self.links(subject, definition, channel, now)
        # A sample shows all that a message can hold.
        may_recommend = not subject.customer_id or consent.may_recommend(
            subject.customer.profile, channel, definition.category,
        )
        occasion = links.given_to(Occasion(
            subject.message, definition, subject.customer, subject.event, self.drafts.settings, links.pages, moment,
            locale, subject.recommend if may_recommend else no_recommendations,
        ))
        try:
            return self.templates.render(occasion, channel, self.drafts.files), None
        except TemplateError as error:
            return None, _wrong(error, definition.name)

    def outgoing(
        self, rendered: Rendered, subject: Subject, definition: MessageDefinition, now: datetime, address: str = "",
    ) -> Outgoing:
        """The message as the channel would be handed it, to an address or to the customer's own."""
        profile = subject.customer.profile
        own = next((one.value for one in profile.addresses if one.channel == rendered.channel), "")
        return Outgoing(
            message=subject.message, address=Address(rendered.channel, address or own or STRANGER), rendered=rendered,
            settings=self.drafts.settings, prices=self.drafts.prices, now=now,
            unsubscribe_url=self.links(subject, definition, rendered.channel, now).pages.unsubscribe,
            recipient_name="" if address else f"{profile.first_name} {profile.last_name}".strip(),
        )

    def links(self, subject: Subject, definition: MessageDefinition, channel: str, now: datetime) -> MessageLinks:
        """The links of a preview: whoever follows them is nobody."""
        return MessageLinks(
            subject.message, definition, subject.event, self.drafts.settings, channel=channel, base_url=self.base_url,
            now=now, keys=self.keys,
        )

    def _looked_through(
        self, common: Previewed, rendered: Rendered, subject: Subject, definition: MessageDefinition, now: datetime,
    ) -> Previewed:
        settings = self.drafts.settings
        hosts = Hosts(
            frozenset(filter(None, (urlsplit(settings.url).hostname,))),
            frozenset({urlsplit(self.base_url).netloc}),
        )
        seen = inspected(rendered, hosts)
        headers: tuple[tuple[str, str], ...] = ()
        remarks = list(seen.remarks)
        size = None
        if rendered.channel == "email":
            try:
                raw = mime(self.outgoing(rendered, subject, definition, now))
            except ProviderRefusedError as error:
                remarks.append(Remark("sender", "wrong", str(error)))
            else:
                headers, size = _headers(raw), Size(len(rendered.html.encode()), len(rendered.text.encode()), len(raw))
                remarks += _of_headers(dict(headers), settings, seen, common.category)
        return replace(
            common, rendered=rendered, remarks=tuple(remarks), headers=headers, links=seen.links,
            pictures=seen.pictures, size=size,
            sms=self._sms(rendered) if rendered.channel == "sms" else None,
            push=_push(rendered) if rendered.channel in ("push", "web-push") else None,
        )

    def _sms(self, rendered: Rendered) -> SmsShown:
        split, prices = sms_parts.split(rendered.text), self.drafts.prices
        of_country = {country: prices.of_sms(country, split.count) for country in sorted(prices.sms_part)}
        home = self.drafts.settings.country
        listed = {home: prices.of_sms(home, split.count), **of_country, "*": prices.of_sms("", split.count)}
        shown = {country: str(price) for country, price in listed.items()} if prices.source else {}
        return SmsShown(split.alphabet, split.units, split.parts, shown)

    def _files(self, name: str) -> tuple[SourceFile, ...]:
        read = self.drafts.read
        return tuple(SourceFile(key, read(key).decode("utf-8-sig", "replace")) for key in self.drafts.keys_of(name))


def of_uploads(now: datetime) -> Previewer:
    """Previews of what was uploaded last, with links as this stack signs them, which lead to pages that change nothing.

    Raises StorageUnavailableError.
    """
    ours = means()
    keys = tuple(secrets.values("link-keys"))
    if not keys or not ours.base_url:
        return Previewer(uploaded(now), ours.templates)
    return Previewer(uploaded(now), ours.templates, ours.base_url, keys)


def _first_channel(definition: MessageDefinition) -> str:
    return next(iter(definition.channels), "email")


def _locale(
    definition: MessageDefinition, channel: str, locale: str, subject: Subject, settings: ShopSettings,
) -> str:
    try:
        return pick_locale(locale or subject.customer.profile.locale, channel, definition.variants, settings.locale)
    except TemplateError:
        return locale


def _wrong(error: TemplateError, name: str) -> Wrong:
    """A failure of rendering with its place."""
    return Wrong(f"templates/{error.file or name}", error.line, error.column, error.reason, "error")


def _headers(raw: bytes) -> tuple[tuple[str, str], ...]:
    """The headers of a mail as bytes, decoded, without the boundary, which is another each time; SES adds Message-ID
    and the signatures to them."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    shown = {"Content-Type": message.get_content_type()}
    return tuple((name, shown.get(name, str(value))) for name, value in message.items())


def _of_headers(
    headers: Mapping[str, str], settings: ShopSettings, seen: Inspection, category: str,
) -> Iterator[Remark]:
    sender = settings.sender_email.rpartition("@")[2]
    shop = urlsplit(settings.url).hostname or ""
    if not same_site(sender, shop):
        yield Remark("sender-elsewhere", detail=f"{sender} / {shop}")
    reply = settings.brand.support_email.rpartition("@")[2]
    if reply and not same_site(sender, reply):
        yield Remark("reply-elsewhere", detail=f"{sender} / {reply}")
    if category == "marketing" and "List-Unsubscribe" not in headers:
        yield Remark("way-out-missing", "wrong")
    if category == "marketing" and not any(link.place == "ours" for link in seen.links if link.part == "html"):
        yield Remark("unsubscribe-missing", "wrong")


def _push(rendered: Rendered) -> PushShown:
    both = len(rendered.title.encode()) + len(rendered.body.encode())
    return PushShown(len(rendered.title), len(rendered.body), both)
