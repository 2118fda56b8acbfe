"""Payloads of real storefronts, through the HTTP handlers: none is answered with a server error, none is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from chalicelib.errors import MalformedPayloadError, UnknownTopicError
from chalicelib.sources import shopify, woocommerce
from chalicelib.sources.source import Source
from chalicelib.storage import bucket, catalogue, log
from tests.api.application import client, set_secrets
from tests.emulators import ROOT
from tests.sources.signing import shopify_headers, woocommerce_headers

FOLDER = Path(os.environ.get("SELVEDGE_REALDATA", ROOT.parent / "shared" / "realdata")) / "webhooks"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data at {FOLDER}")

FILES = {
    storefront: sorted(path for path in (FOLDER / storefront).rglob("*.json")) if FOLDER.is_dir() else []
    for storefront in ("shopify", "woocommerce")
}
TOPICS = {"shopify": tuple(shopify._TOPICS), "woocommerce": tuple(woocommerce._TOPICS)}


def bodies(storefront: str) -> Iterator[tuple[str, bytes]]:
    """Each file as it is and, where it wraps one resource or lists several, each resource by itself."""
    for path in FILES[storefront]:
        raw = path.read_bytes()
        yield path.stem, raw
        try:
            content = json.loads(raw)
        except ValueError:
            continue
        wrapped = next(iter(content.values()), None) if isinstance(content, dict) and len(content) == 1 else content
        for item in wrapped if isinstance(wrapped, list) else [wrapped]:
            if isinstance(item, dict) and item is not content:
                yield path.stem, json.dumps(item).encode()


def topic_of(storefront: str, name: str) -> str:
    """The topic under which a file's resource would be delivered."""
    if "__" in name and (topic := name.replace("__", "/")) in TOPICS[storefront]:
        return topic
    if storefront == "woocommerce":
        known = ("order", "customer", "product")
        if ".".join(name.split(".")[:2]) in TOPICS[storefront]:
            return ".".join(name.split(".")[:2])
        return next((f"{each}.updated" for each in known if each in name), name.replace("_", "."))
    by_word = {
        "checkout": "checkouts/update", "cart": "carts/update", "refund": "refunds/create",
        "fulfillment_event": "fulfillment_events/create", "fulfillment": "fulfillments/update",
        "order": "orders/updated", "customer": "customers/update", "product": "products/update",
    }
    return next((topic for word, topic in by_word.items() if word in name), name.replace("__", "/"))


@pytest.fixture
def storefronts(moto: str) -> Client:
    set_secrets(moto, "hooks/shopify", "shop-secret")
    set_secrets(moto, "hooks/woocommerce", "my-super-secret-private-key", "woo-secret")
    return client()


@pytest.mark.parametrize("storefront", ["shopify", "woocommerce"])
def test_no_real_payload_fails_or_is_lost(storefront: str, storefronts: Client) -> None:
    headers_of: Any = {"shopify": shopify_headers, "woocommerce": woocommerce_headers}[storefront]
    outcomes = []
    for name, body in bodies(storefront):
        topic = topic_of(storefront, name)
        response = storefronts.post(f"/hooks/{storefront}", data=body, headers=headers_of(topic, body))
        outcome = response.get_json()["message"]
        assert response.status_code == 200, (name, topic, outcome)
        assert outcome.startswith(("accepted", "known already", "kept for later", "unknown topic")), outcome
        outcomes.append((body, outcome))
    assert sum(outcome == "accepted" for _, outcome in outcomes) >= 10, outcomes

    kept = {bucket.read_quarantined(file.key).body for file in bucket.list_files("quarantine/")}
    assert kept == {body for body, outcome in outcomes if outcome == "kept for later"}


@pytest.mark.parametrize(("storefront", "source"), [
    ("shopify", shopify.Shopify()), ("woocommerce", woocommerce.WooCommerce()),
])
def test_any_real_payload_under_any_topic_is_read_or_refused_with_a_reason(storefront: str, source: Source) -> None:
    header = {"shopify": "x-shopify-topic", "woocommerce": "x-wc-webhook-topic"}[storefront]
    read = refused = 0
    for name, body in bodies(storefront):
        for topic in TOPICS[storefront]:
            try:
                for arrival in source.read({header: topic}, body, NOW):
                    assert arrival.events, (name, topic)
                    read += 1
            except (MalformedPayloadError, UnknownTopicError):
                refused += 1
    assert read > 50
    assert refused > 50


@pytest.mark.parametrize("number", [378, 380])
def test_a_published_woocommerce_delivery_verifies_and_a_changed_one_does_not(
    number: int, storefronts: Client,
) -> None:
    delivery = json.loads((FOLDER / "woocommerce" / f"signed_delivery_{number}.json").read_text())
    headers = {name: str(value) for name, value in delivery["request_headers"].items()}
    body = delivery["request_body"].encode()

    genuine = storefronts.post("/hooks/woocommerce", data=body, headers=headers)
    forged = storefronts.post("/hooks/woocommerce", data=body.replace(b"add_to", b"add_ta"), headers=headers)

    assert genuine.status_code == 200
    assert genuine.get_json()["message"] == "unknown topic 'action.woocommerce_add_to_cart'"
    assert forged.status_code == 401


def test_a_real_order_keeps_its_64_bit_id_its_amount_and_its_time(storefronts: Client) -> None:
    body = (FOLDER / "shopify" / "official_samples_2026-04" / "orders__paid.json").read_bytes()

    storefronts.post("/hooks/shopify", data=body, headers=shopify_headers("orders/paid", body))

    entries = [entry for customer in log.customers_recorded_since(datetime(2000, 1, 1, tzinfo=UTC))
               for entry in log.history(customer)]
    events = {event.name: event for entry in entries for event in entry.events}
    assert {"order.placed", "order.paid", "order.cancelled"} <= set(events)
    order = events["order.paid"].order
    assert order is not None
    assert order.id == "820982911946154508"
    assert str(order.total) == "404.95"
    assert order.currency == "USD"
    assert events["order.placed"].occurred_at == datetime(2022, 1, 1, tzinfo=UTC)


def test_a_real_product_lands_in_the_catalogue(storefronts: Client) -> None:
    body = (FOLDER / "shopify" / "official_samples_2026-04" / "products__create.json").read_bytes()

    storefronts.post("/hooks/shopify", data=body, headers=shopify_headers("products/create", body))

    variant = ("788032119674292922", "642667041472713922")
    found = catalogue.find([variant])[variant]
    assert (found.title, str(found.price), found.stock) == ("Example T-Shirt - Small", "19.99", 75)
