"""What the shop has: products, promo codes, definitions in force, files, secrets."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from chalicelib.domain.events import Product
from chalicelib.errors import FileMissingError, StorageUnavailableError
from chalicelib.storage import bucket, catalogue, clients, codes, secrets, shop
from chalicelib.storage.codes import IssuedCode
from tests.emulators import free_port
from tests.storage.examples import CUSTOMER, NOON

pytestmark = pytest.mark.usefixtures("aws")

COAT = Product("p-1", title="Пальто", price=Decimal("19990.00"), stock=3)


def test_products_and_variants_are_found_apart() -> None:
    small = Product("p-1", variant_id="s", price=Decimal("18990.00"), stock=0)
    catalogue.put(COAT, NOON)
    catalogue.put(small, NOON)

    assert catalogue.find([("p-1", ""), ("p-1", "s"), ("p-1", "xl"), ("p-1", "")]) == {
        ("p-1", ""): COAT, ("p-1", "s"): small,
    }
    assert catalogue.find([]) == {}


def test_an_older_sight_of_a_product_does_not_undo_a_newer_one() -> None:
    catalogue.put(COAT, NOON)

    assert not catalogue.put(Product("p-1", stock=9), NOON - timedelta(seconds=1))
    assert catalogue.find([("p-1", "")])["p-1", ""].stock == 3
    assert catalogue.put(Product("p-1", stock=2), NOON + timedelta(seconds=1))
    assert catalogue.find([("p-1", "")])["p-1", ""].stock == 2


def test_a_code_belongs_to_one_message_however_often_it_is_issued() -> None:
    code = IssuedCode("K7WX42PD", CUSTOMER, "m-1", "10 %", NOON + timedelta(days=2), "welcome")
    assert codes.issue(code)
    assert codes.issue(replace(code, expires_at=NOON + timedelta(days=3)))

    assert not codes.issue(replace(code, issued_by="another", discount="15 %"))
    assert not codes.issue(replace(code, customer_id="another", discount="15 %"))
    assert codes.read("K7WX42PD") == replace(code, expires_at=NOON + timedelta(days=3))
    assert codes.read("7777AAAA") is None


def test_what_the_shop_keeps_is_replaced_by_kind_and_id() -> None:
    assert shop.get("cursor", "tick") is None
    definitions = b"\xff" + os.urandom(500) * 400
    shop.put("definitions", "in-force", definitions)
    shop.put("cursor", "tick", b"2026-03-02T12:00")
    shop.put("cursor", "tick", b"")
    shop.put("journey", "welcome#2", b"2")
    shop.put("journey", "welcome#1", b"1")

    assert shop.get("definitions", "in-force") == definitions
    assert shop.get("cursor", "tick", consistent=True) == b""
    assert list(shop.of_kind("journey")) == [("welcome#1", b"1"), ("welcome#2", b"2")]


def test_a_file_is_read_again_only_when_it_has_changed() -> None:
    bucket.put("templates/welcome/email.ru.mjml", b"<mjml/>")
    first = bucket.read("templates/welcome/email.ru.mjml")
    assert first is not None
    assert first.body == b"<mjml/>"

    assert bucket.read(first.key, first.etag) is None

    bucket.put(first.key, b"<mjml></mjml>")
    second = bucket.read(first.key, first.etag)
    assert second is not None
    assert second.body == b"<mjml></mjml>"
    assert first.version_id
    assert second.version_id
    assert first.version_id != second.version_id


def test_a_seed_never_overwrites_a_file_that_is_there() -> None:
    assert bucket.put("shop.yaml", b"seed", overwrite=False)
    bucket.put("shop.yaml", b"a marketer's edit")

    assert not bucket.put("shop.yaml", b"newer seed", overwrite=False)

    file = bucket.read("shop.yaml")
    assert file is not None
    assert file.body == b"a marketer's edit"


def test_a_file_that_is_not_there_says_so() -> None:
    with pytest.raises(FileMissingError, match=r"journeys/none\.yaml"):
        bucket.read("journeys/none.yaml")
    bucket.put("gone", b"")
    bucket.delete("gone")
    bucket.delete("gone")
    with pytest.raises(FileMissingError):
        bucket.read("gone", etag='"anything"')


def test_files_are_listed_by_prefix() -> None:
    for key in ("journeys/b.yaml", "journeys/a.yaml", "journeysx", "templates/c"):
        bucket.put(key, key.encode())

    listed = list(bucket.list_files("journeys/"))

    assert [(file.key, file.size) for file in listed] == [("journeys/a.yaml", 15), ("journeys/b.yaml", 15)]
    read = bucket.read("journeys/a.yaml")
    assert read is not None
    assert listed[0].etag == read.etag


@pytest.mark.slow
def test_more_files_than_a_page_are_listed() -> None:
    for n in range(1001):
        bucket.put(f"journeys/{n:04}", b"")

    assert [file.key for file in bucket.list_files("journeys/")] == [f"journeys/{n:04}" for n in range(1001)]


def test_a_body_in_quarantine_is_kept_whole_without_the_proof_of_its_origin() -> None:
    body = b'{"broken": \xff\x00'
    headers = {"X-Shopify-Topic": "orders/create", "X-Shopify-Hmac-Sha256": "c2VjcmV0", "Authorization": "Bearer x",
               "X-API-Key": "k", "Cookie": "c", "X-WC-Webhook-Delivery-ID": "9"}

    key = bucket.quarantine("shopify", "a/b ?", headers, body, reason="line 1: not JSON", now=NOON)

    assert key == "quarantine/shopify/2026-03-02/a%2Fb%20%3F.json"
    assert [file.key for file in bucket.list_files("quarantine/")] == [key]
    kept = bucket.read_quarantined(key)
    assert (kept.source, kept.delivery_id, kept.at, kept.reason) == ("shopify", "a/b ?", NOON, "line 1: not JSON")
    assert kept.body == body
    assert kept.headers == {"x-shopify-topic": "orders/create", "x-wc-webhook-delivery-id": "9"}


def test_a_delivery_that_fails_again_is_one_file_in_quarantine() -> None:
    for _ in range(2):
        bucket.quarantine("shopify", "d-1", {}, b"{", reason="not JSON", now=NOON)

    assert len(list(bucket.list_files("quarantine/"))) == 1


def _set_secret(stack: str, name: str, value: str) -> None:
    clients.client("ssm").put_parameter(Name=f"/{stack}/{name}", Value=value, Type="SecureString", Overwrite=True)


def test_all_secrets_under_a_path_are_valid_at_once(stack: str) -> None:
    _set_secret(stack, "hooks/shopify/2025", "old")
    _set_secret(stack, "hooks/shopify/2026", "new")
    _set_secret(stack, "hooks/shopify-eu/1", "another shop's")
    _set_secret(f"{stack}-staging", "hooks/shopify/1", "another stage's")

    assert secrets.values("hooks/shopify") == ("old", "new")
    assert secrets.values("api-keys") == ()


def test_one_secret_is_read_by_its_name_and_the_one_beside_it_is_not(stack: str) -> None:
    assert secrets.value("vapid/public-key") == "", "it is not set yet, which is kept for five minutes"
    _set_secret(stack, "vapid/private-key", "ours alone")

    assert secrets.value("vapid/private-key") == "ours alone"
    assert secrets.value("vapid") == ""


def test_more_secrets_than_a_page_are_all_read(stack: str) -> None:
    for n in range(11):
        _set_secret(stack, f"api-keys/{n:02}", str(n))

    assert secrets.values("api-keys") == tuple(map(str, range(11)))


def test_a_rotated_secret_is_seen_within_five_minutes(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set_secret(stack, "hooks/shopify/1", "old")
    assert secrets.values("hooks/shopify") == ("old",)
    _set_secret(stack, "hooks/shopify/1", "new")
    assert secrets.values("hooks/shopify") == ("old",)

    monkeypatch.setenv("SELVEDGE_CLOCK", f"{time.time()},1,{time.time() + 301}")

    assert secrets.values("hooks/shopify") == ("new",)


def test_secrets_once_read_outlast_an_outage(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set_secret(stack, "hooks/shopify/1", "known")
    secrets.values("hooks/shopify")

    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("SELVEDGE_CLOCK", f"{time.time()},1,{time.time() + 301}")

    assert secrets.values("hooks/shopify") == ("known",)
    with pytest.raises(StorageUnavailableError):
        secrets.values("hooks/woocommerce")
