"""The one tree of errors. Each says what was wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable


class SelvedgeError(Exception):
    """Base of every error that Selvedge raises on purpose."""


class SignatureError(SelvedgeError):
    """A request is not signed by a secret we know; answered with 401, nothing is written."""


class MalformedPayloadError(SelvedgeError):
    """A signed body cannot be understood; it is kept in quarantine for a replay after a fix."""


class UnknownTopicError(SelvedgeError):
    """A storefront sent a topic nobody here reads; answered with 200 and counted."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"unknown topic {topic!r}")
        self.topic = topic


class StorageUnavailableError(SelvedgeError):
    """The database is throttled or away; answered with 503 so that the storefront retries."""


class VersionConflictError(SelvedgeError):
    """Another writer committed a customer's state first; load it again and fold again. `found` is the version there."""

    def __init__(self, customer_id: str, found: int) -> None:
        super().__init__(f"the state of customer {customer_id} has moved on to version {found}")
        self.customer_id, self.found = customer_id, found


class FileMissingError(SelvedgeError):
    """The bucket has no such file."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is no file {key!r} in the bucket")
        self.key = key


class DefinitionError(SelvedgeError):
    """A file a shop edits is wrong: which file, which line, which field, and the way out.

    `line` counts from 1; `field` is a dotted path inside the file or empty.
    """

    def __init__(self, reason: str, *, file: str = "", line: int = 0, field: str = "") -> None:
        self.reason, self.file, self.line, self.field = reason, file, line, field
        place = ":".join(part for part in (file, str(line) if line else "") if part)
        super().__init__(": ".join(part for part in (place, field, reason) if part))


class ActRefusedError(SelvedgeError):
    """What somebody asked for cannot be done as things stand; says why, and what to do instead."""


class UnknownJourneyError(ActRefusedError):
    """No journey of that name is in force."""

    def __init__(self, journey: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known)) or "none"
        super().__init__(f"there is no journey {journey!r} in force; in force are: {names}")
        self.journey = journey


class UnknownMessageError(SelvedgeError):
    """There are no templates for a message of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no message {name!r}; there are: {', '.join(sorted(known)) or 'none'}")


class UnknownSampleError(SelvedgeError):
    """There is no sample customer of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no sample {name!r}; there are: {', '.join(known)}")


class UnknownCustomerError(SelvedgeError):
    """Nothing is known of a customer."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"nothing is known of a customer {customer_id!r}")


class MessageMissingError(SelvedgeError):
    """A customer has no such message, or none any more."""

    def __init__(self, message_id: str) -> None:
        super().__init__(f"there is no message {message_id!r} of this customer; messages are kept for 400 days")


class CannotShowError(ActRefusedError):
    """A message cannot be shown as it was sent; says why."""


class UnknownTaskError(SelvedgeError):
    """There is no such task."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"there is no task {task_id!r}")


class TemplateError(SelvedgeError):
    """A template cannot be rendered; the message is recorded as `skipped: template-error`.

    `file` is the name below `templates/`; `line` and `column` count from 1, and are 0 where they are not known.
    """

    def __init__(self, reason: str, *, file: str = "", line: int = 0, column: int = 0) -> None:
        self.reason, self.file, self.line, self.column = reason, file, line, column
        place = ":".join(str(part) for part in (file and f"templates/{file}", line, column) if part)
        super().__init__(f"{place}: {reason}" if place else reason)


class UnknownEditionError(SelvedgeError):
    """The edition that a message is to be rendered from is not there: it was put in force without being published."""

    def __init__(self, edition_id: str) -> None:
        super().__init__(f"there is no edition {edition_id!r} of the templates; publish again")


class LinkError(SelvedgeError):
    """A signed link is forged, damaged or too old."""


class ProviderRefusedError(SelvedgeError):
    """A provider definitely did not take a message; `retryable` tells whether a later try may succeed.

    `address_is_dead` tells that the address will never work again (a push endpoint gone, an unsubscribed browser).
    """

    def __init__(self, reason: str, *, retryable: bool, address_is_dead: bool = False) -> None:
        super().__init__(reason)
        self.retryable, self.address_is_dead = retryable, address_is_dead


class ProviderOutcomeUnknownError(SelvedgeError):
    """The call to a provider ended without an answer: the message may or may not have gone out."""
