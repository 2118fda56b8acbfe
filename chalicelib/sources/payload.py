"""Reading a storefront's JSON forgivingly: ids keep all their digits, amounts all their places, junk becomes nothing.

Storefronts send numbers as strings and strings as numbers, null for anything, a list where an object was. Only what a
translation cannot do without is required.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from chalicelib.errors import MalformedPayloadError

LONGEST_TEXT = 300
"""Characters kept of titles, names and the like."""
LONGEST_URL = 2048
"""Characters of the longest link kept; recovery links of checkouts run to several hundred."""
MOST_LINES = 100
"""Lines kept of a cart or an order: a log entry must fit DynamoDB's 400 KB."""
LARGEST_AMOUNT = Decimal(10) ** 12
LARGEST_QUANTITY = 1_000_000
LARGEST_NUMBER = 10**40

Body = dict[str, Any]

# Floats become Decimal; integers are read at full length by msgspec itself.
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def decode(body: bytes) -> Body:
    """The JSON object in a body.

    Raises:
        MalformedPayloadError: not JSON, not UTF-8, nested without end, or not an object.
    """
    try:
        content = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise MalformedPayloadError(f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise MalformedPayloadError(f"$: an object is expected, not {type(content).__name__}")
    return content


def section(body: Body, name: str) -> Body:
    """The object under a name; an empty one for null, a list or anything else."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def sections(body: Body, name: str) -> list[Body]:
    """The objects in the list under a name; whatever else stands there is left out."""
    value = body.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(body: Body, *names: str, longest: int = LONGEST_TEXT) -> str:
    """The first of these fields that says something, as text cut to `longest` characters; empty when none does."""
    for name in names:
        value: object = body.get(name)
        if isinstance(value, str):
            written = value.strip()
        elif _is_number(value):
            written = str(value)
        else:
            continue
        if written:
            return written[:longest]
    return ""


def _is_number(value: object) -> bool:
    # Beyond this Python itself refuses to write an integer out.
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and -LARGEST_NUMBER < value < LARGEST_NUMBER


def url(body: Body, *names: str) -> str:
    """The first of these fields that holds a web address; a link to anything but http(s) is left out."""
    for name in names:
        value = text(body, name, longest=LONGEST_URL + 1)
        if value.startswith(("https://", "http://")) and len(value) <= LONGEST_URL:
            return value
    return ""


def identifier(body: Body, *names: str) -> str:
    """The first of these fields that is an id: a positive number or a text of at most 128 characters; else empty."""
    for name in names:
        value = text(body, name, longest=129)
        if value and value != "0" and len(value) <= 128:
            return value
    return ""


def amount(body: Body, *names: str) -> Decimal:
    """The first of these fields that is an amount; zero when none is."""
    for name in names:
        value = optional_amount(body, name)
        if value is not None:
            return value
    return Decimal(0)


def optional_amount(body: Body, name: str) -> Decimal | None:
    """The amount under a name, or None when there is none or it is no sum of money."""
    written = text(body, name)
    if not written:
        return None
    try:
        value = Decimal(written)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) > LARGEST_AMOUNT or value.adjusted() < -12:
        return None
    return value


def quantity(body: Body, name: str) -> int | None:
    """The whole number of pieces under a name (stock may be negative), or None when there is none."""
    value = optional_amount(body, name)
    return int(value) if value is not None and abs(value) <= LARGEST_QUANTITY else None


def currency(body: Body, *names: str) -> str:
    """The first of these fields that is an ISO 4217 code; empty when none is."""
    for name in names:
        value = text(body, name).upper()
        if len(value) == 3 and value.isascii() and value.isalpha():
            return value
    return ""


def country(body: Body, *names: str) -> str:
    """The first of these fields that is an ISO 3166-1 alpha-2 code; empty when none is."""
    for name in names:
        value = text(body, name).upper()
        if len(value) == 2 and value.isascii() and value.isalpha():
            return value
    return ""


def moment(body: Body, *names: str) -> datetime | None:
    """The first of these fields that is a time, in UTC; one without a zone is UTC (WooCommerce's `*_gmt`)."""
    for name in names:
        found = parse_moment(body.get(name))
        if found is not None:
            return found
    return None


def parse_moment(value: object) -> datetime | None:
    """A time in ISO 8601 or in Shopify's older `2012-02-13 14:39:37 UTC`, in UTC; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    # Year 1 is what "no date" looks like in some exports, and nothing before the epoch is a webhook's.
    return found if found.year >= 1970 else None


def header(headers: Mapping[str, str], *names: str, longest: int = LONGEST_TEXT) -> str:
    """The first of these headers (lower-case names) that is set; empty when none is, or when it is overlong."""
    for name in names:
        value = headers.get(name, "").strip()
        if value and len(value) <= longest:
            return value
    return ""


def present(**values: Any) -> dict[str, Any]:
    """The values that say something: leaves a type's own defaults in force for the others."""
    return {name: value for name, value in values.items() if value not in ("", None, ())}
