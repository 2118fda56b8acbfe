"""Sending a test of a message: only to whom the shop has named, and without a trace in anybody's log.

No message is recorded. The links of a test lead where they would, but to the pages that say that it is one where they
would change something (see `content.links.NOBODY`).
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.identifiers import normalise_email, normalise_phone
from chalicelib.domain.locales import language_of
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import ShopSettings
from chalicelib.errors import (
    ActRefusedError,
    DefinitionError,
    ProviderOutcomeUnknownError,
    ProviderRefusedError,
)
from chalicelib.flows.means import Means, StageRule
from chalicelib.flows.preview import Previewer
from chalicelib.observability import logger

MOST: Final = 20
WITHIN: Final = timedelta(minutes=1)
"""At most so many tests in so much time by each process: a slip of the hand is no mass mailing."""
CHANNELS: Final = ("email", "sms")
"""The channels by which a test can go: the others reach a device, not an address that could be named."""
LINKS_VALID: Final = timedelta(days=7)
"""How long the short links of a test stay on record."""

_lately: deque[datetime] = deque(maxlen=MOST)
_counting = Lock()


class SentTest(Struct, frozen=True):
    """A test that its provider has taken, and what it costs in US dollars (empty where there is no price list)."""

    message: str
    channel: str
    locale: str
    provider_id: str
    cost: str = ""


def send_test(
    previewer: Previewer, ours: Means, name: str, to: str, now: datetime, *, locale: str = "", sample: str = "full",
    customer_id: str = "",
) -> SentTest:
    """Send a message as it would be previewed to an address of `test-addresses`: mail to one with an @, else SMS.

    Raises ActRefusedError with the reason and the way out, UnknownMessageError, UnknownSampleError,
    UnknownCustomerError and StorageUnavailableError.
    """
    settings = previewer.drafts.settings
    channel, address = _allowed(to, settings, ours.stage)
    try:
        definition = previewer.drafts.definition(name)
    except DefinitionError as error:
        raise ActRefusedError(str(error)) from error
    subject = previewer.subject(definition, now, sample, customer_id)
    links = previewer.links(subject, definition, channel, now)
    rendered, wrong = previewer.rendered(subject, definition, now, channel, locale, links=links)
    if rendered is None:
        assert wrong is not None
        raise ActRefusedError(f"{wrong.file}:{wrong.line}: {wrong.text}")
    outgoing = replace(
        previewer.outgoing(_marked(rendered), subject, definition, now, address), is_test=True,
    )
    _count(now)
    links.keep(rendered, LINKS_VALID)
    sender = ours.senders[channel]
    try:
        provider_id = sender.send(outgoing)
    except ProviderRefusedError as error:
        raise ActRefusedError(f"the provider refused it: {error}") from error
    except ProviderOutcomeUnknownError as error:
        raise ActRefusedError(f"nobody can know whether it went out: {error}") from error
    # Ids only: who tries messages is nobody's business.
    logger.info("test sent", extra={"message_name": name, "channel": channel, "provider_id": provider_id})
    cost = str(sender.cost(outgoing)) if outgoing.prices.source else ""
    return SentTest(name, channel, rendered.locale, provider_id, cost)


def _allowed(to: str, settings: ShopSettings, stage: StageRule) -> tuple[str, str]:
    """The channel and the address, when both the shop and the stage allow it."""
    channel = "email" if "@" in to else "sms"
    address = normalise_email(to) if channel == "email" else normalise_phone(to, settings.country)
    if not address or address not in settings.test_addresses:
        raise ActRefusedError("a test goes to an address of `test-addresses` in shop.yaml only; name it there first")
    if stage.withheld(address):
        raise ActRefusedError("this stage does not send there: see SELVEDGE_SEND and SELVEDGE_ALLOW, docs/deploy.md")
    return channel, address


def _marked(rendered: Rendered) -> Rendered:
    """The message with a word before it that says what it is."""
    mark = "[Тест] " if language_of(rendered.locale) == "ru" else "[Test] "
    if rendered.channel == "email":
        return replace(rendered, subject=mark + rendered.subject)
    return replace(rendered, text=mark + rendered.text)


def _count(now: datetime) -> None:
    with _counting:
        if len(_lately) == MOST and timedelta(0) <= now - _lately[0] < WITHIN:
            raise ActRefusedError(f"{MOST} tests a minute are enough; wait a little")
        _lately.append(now)


def forget() -> None:
    """Count from none again."""
    _lately.clear()
