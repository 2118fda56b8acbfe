"""Reading `shop.yaml`: where the shop is, its zone and languages, its limits on sending and spending."""

from __future__ import annotations

import re
from datetime import time
from typing import Any, Final, get_args

from chalicelib.definitions.budgets import month_budget
from chalicelib.definitions.spans import seconds_of, time_of
from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.customer import RECENT_SENDS
from chalicelib.domain.identifiers import normalise_email, normalise_phone
from chalicelib.domain.shop import Clicks, FrequencyCap, QuietHours, ShopSettings
from chalicelib.domain.timing import zone

_FIELDS = (
    "url", "sender", "locale", "locales", "time-zone", "country", "currency",
    "quiet-hours", "holdout", "caps", "sms", "budget", "problems-to", "broadcasts", "links",
    "test-addresses",
)
_TEXTS = {"url": "url", "locale": "locale", "country": "country", "currency": "currency"}
_OF_THE_BRAND = {"shop": "name", "support": "support", "address": "address", "brand": "logo` and `colors"}
"""What this file said before there was a brand.yaml, and what it is called there."""
LONGEST_WINDOW = 30 * 86400
_SOURCE: Final = re.compile(r"[\w.-]{1,64}")


def read_shop(text: str, file: str = "shop.yaml") -> ShopSettings:
    """Read the shop's settings, all but its brand; what the file leaves out keeps its default.

    Raises DefinitionError with file, line and reason.
    """
    root = read(text, file)
    for name, called in _OF_THE_BRAND.items():
        if name in root.mapping():
            raise root.mapping()[name].error(f"stands in templates/brand.yaml now, as `{called}`")
    fields = root.allow(*_FIELDS)
    settings: dict[str, Any] = {_TEXTS[name]: fields[name].string() for name in _TEXTS if name in fields}
    if "locales" in fields:
        settings["locales"] = tuple(node.string() for node in fields["locales"].items())
    if "time-zone" in fields:
        settings["time_zone"] = _zone(fields["time-zone"])
    if "problems-to" in fields:
        settings["problems_to"] = tuple(_address(node) for node in fields["problems-to"].items())
    if "test-addresses" in fields:
        country = settings.get("country", ShopSettings().country)
        settings["test_addresses"] = tuple(_reachable(node, country) for node in fields["test-addresses"].items())
    if "quiet-hours" in fields:
        settings["quiet_hours"] = _quiet_hours(fields["quiet-hours"])
    if "holdout" in fields:
        settings["holdout_percent"] = _percent(fields["holdout"])
    if "caps" in fields:
        settings["caps"] = tuple(_cap(node) for node in fields["caps"].items())
    if "budget" in fields:
        settings["budget"] = month_budget(fields["budget"])
    settings |= _broadcasts(fields["broadcasts"]) if "broadcasts" in fields else {}
    settings |= _links(fields["links"]) if "links" in fields else {}
    for group, names in (
        ("sender", {"email": "sender_email", "name": "sender_name"}),
        ("sms", {"sender-id": "sms_sender_id", "max-price": "sms_max_price_usd"}),
    ):
        if group in fields:
            inner = fields[group].allow(*names)
            settings |= {names[name]: node.string() for name, node in inner.items()}
    return ShopSettings(**settings)


def _zone(node: Node) -> str:
    if zone(node.string()) is None:
        raise node.error(f"unknown time zone {node.text!r}; use an IANA name such as Europe/Moscow")
    return node.string()


def _address(node: Node) -> str:
    address = normalise_email(node.string())
    if not address:
        raise node.error(f"should be a mail address, not {node.text!r}")
    return address


def _reachable(node: Node, country: str) -> str:
    address = normalise_email(node.string()) if "@" in node.string() else normalise_phone(node.string(), country)
    if not address:
        raise node.error(f"should be a mail address or a phone number, not {node.text!r}")
    return address


def _quiet_hours(node: Node) -> QuietHours:
    fields = node.allow("start", "end")
    start = time_of(fields["start"]) if "start" in fields else time(22, 0)
    return QuietHours(start, time_of(fields["end"]) if "end" in fields else time(9, 0))


def _percent(node: Node) -> float:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float) or not 0 <= node.value <= 50:
        raise node.error(f"should be a percentage from 0 to 50, not {node.text!r}")
    return float(node.value)


def _broadcasts(node: Node) -> dict[str, Any]:
    fields, settings = node.allow("per-second", "keep-free"), {}
    for name, field, lowest, highest in (
        ("per-second", "broadcast_per_second", 0.1, 1000), ("keep-free", "broadcast_keep_free", 0, 90),
    ):
        if name in fields:
            value = fields[name].value
            if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
                raise fields[name].error(f"should be a number from {lowest} to {highest}, not {fields[name].text!r}")
            settings[field] = float(value)
    return settings


def _links(node: Node) -> dict[str, Any]:
    fields, settings = node.allow("source", "clicks"), {}
    if "source" in fields:
        settings["link_source"] = fields["source"].string()
        if not _SOURCE.fullmatch(settings["link_source"]):
            raise fields["source"].error("should be letters, digits, dots, hyphens and underscores, at most 64")
    if "clicks" in fields:
        settings["clicks"] = fields["clicks"].string()
        if settings["clicks"] not in get_args(Clicks):
            raise fields["clicks"].error(f"is {settings['clicks']!r}; it can be {', '.join(get_args(Clicks))}")
    return settings


def _cap(node: Node) -> FrequencyCap:
    fields = node.allow("tag", "count", "window")
    for name in ("tag", "count", "window"):
        if name not in fields:
            raise node.error(f"a cap lacks `{name}`")
    window = seconds_of(fields["window"])
    if window > LONGEST_WINDOW:
        raise fields["window"].error("is at most 30 days")
    count = fields["count"].integer()
    if not 1 <= count <= RECENT_SENDS:
        raise fields["count"].error(f"is from 1 to {RECENT_SENDS}, the sends that are remembered of a customer")
    return FrequencyCap(fields["tag"].string(), count, window)
