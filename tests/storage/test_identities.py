"""An identity leads to one customer, whoever came first, until it is repointed."""

from __future__ import annotations

import pytest

from chalicelib.domain.events import Identity
from chalicelib.storage import identities

pytestmark = pytest.mark.usefixtures("aws")

EMAIL = Identity("email", "anna@example.org")
PHONE = Identity("phone", "+79161234567")


def test_an_unknown_identity_is_claimed() -> None:
    assert identities.find([EMAIL]) == {}

    assert identities.claim(EMAIL, "anna") == "anna"

    assert identities.find([EMAIL]) == {EMAIL: "anna"}


def test_a_claim_after_another_names_the_earlier_holder() -> None:
    identities.claim(EMAIL, "anna")

    assert identities.claim(EMAIL, "second") == "anna"
    assert identities.claim(EMAIL, "anna") == "anna"
    assert identities.find([EMAIL]) == {EMAIL: "anna"}


def test_several_identities_are_found_at_once() -> None:
    identities.claim(EMAIL, "anna")
    identities.claim(PHONE, "boris")

    found = identities.find([EMAIL, PHONE, Identity("device", "unknown"), EMAIL])

    assert found == {EMAIL: "anna", PHONE: "boris"}
    assert identities.find([]) == {}


def test_the_same_value_of_another_kind_is_another_identity() -> None:
    identities.claim(Identity("storefront", "shopify:1"), "anna")

    assert identities.claim(Identity("cart", "shopify:1"), "boris") == "boris"


def test_an_identity_is_repointed_from_its_holder_only() -> None:
    identities.claim(EMAIL, "absorbed")

    assert not identities.repoint(EMAIL.key, "somebody", "thief")
    assert identities.repoint(EMAIL.key, "absorbed", "survivor")
    assert identities.find([EMAIL]) == {EMAIL: "survivor"}


def test_repointing_again_after_a_crash_is_repointing_once() -> None:
    identities.claim(EMAIL, "absorbed")
    identities.repoint(EMAIL.key, "absorbed", "survivor")

    assert identities.repoint(EMAIL.key, "absorbed", "survivor")
    assert identities.find([EMAIL]) == {EMAIL: "survivor"}


def test_an_identity_nobody_has_is_not_repointed() -> None:
    assert not identities.repoint(EMAIL.key, "absorbed", "survivor")
    assert identities.find([EMAIL]) == {}
