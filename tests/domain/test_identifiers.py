"""Equal people have equal keys, and what is no address gives no identity."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import identifiers
from chalicelib.domain.events import Identity
from chalicelib.domain.identifiers import normalise_email, normalise_phone, phone_identity


@pytest.mark.parametrize(("written", "normalised"), [
    ("Anna@Wool.Example", "anna@wool.example"),
    ("  anna+news@wool.example\n", "anna+news@wool.example"),
    ("анна@почта.рф", "анна@xn--80a1acny.xn--p1ai"),
    ("o'neill@wool.example", "o'neill@wool.example"),
    ("anna", ""),
    ("anna@wool", ""),
    ("anna@wool..example", ""),
    ("a b@wool.example", ""),
    ("<anna@wool.example>", ""),
    ("anna@wool.example, boris@wool.example", ""),
    ("anna@wool.example\r\nBcc: all@wool.example", ""),
    ("x" * 250 + "@wool.example", ""),
    ("", ""),
])
def test_a_mail_address_has_one_spelling(written: str, normalised: str) -> None:
    assert normalise_email(written) == normalised


@pytest.mark.parametrize(("written", "country", "normalised"), [
    ("8 (912) 345-67-89", "", "+79123456789"),
    ("+7 912 345 67 89", "US", "+79123456789"),
    ("9123456789", "RU", "+79123456789"),
    ("613-555-0142", "CA", "+16135550142"),
    ("(613) 555-0142", "ca", "+16135550142"),
    ("613-555-0142", "RU", ""),
    ("000-000-0000", "US", ""),
    ("555-555-SHIP", "US", ""),
    ("12345", "", ""),
    ("none", "", ""),
    ("+" + "9" * 60, "", ""),
    ("613-555-0142", "nowhere", ""),
])
def test_a_phone_number_is_e164_or_nothing(written: str, country: str, normalised: str) -> None:
    assert normalise_phone(written, country) == normalised


def test_the_shops_country_is_asked_for_only_by_a_number_that_says_none() -> None:
    def never() -> str:
        raise AssertionError("the answer may cost a read of the database")

    assert phone_identity("+7 701 234 56 78", "", never) == Identity("phone", "+77012345678")
    assert phone_identity("8 701 234 56 78", "KZ", never) == Identity("phone", "+77012345678")
    assert phone_identity(" ", "", never) is None
    assert phone_identity("613-555-0142", "", lambda: "CA") == Identity("phone", "+16135550142")
    assert phone_identity("8 912 345-67-89") == Identity("phone", "+79123456789")


@given(st.text(max_size=300))
def test_normalising_twice_is_normalising_once_and_never_fails(written: str) -> None:
    assert normalise_email(normalise_email(written)) == normalise_email(written)
    assert normalise_phone(normalise_phone(written)) == normalise_phone(written)


def test_ids_are_scoped_by_their_storefront() -> None:
    shopify = identifiers.storefront_identity("shopify", "7")
    woocommerce = identifiers.storefront_identity("woocommerce", "7")

    assert shopify is not None
    assert woocommerce is not None
    assert (shopify.key, woocommerce.key) == ("storefront:shopify:7", "storefront:woocommerce:7")


@pytest.mark.parametrize("value", ["", " ", "a\nb", "x" * 200])
def test_what_is_no_id_gives_no_identity(value: str) -> None:
    assert identifiers.storefront_identity("shopify", value) is None
    assert identifiers.device_identity(value) is None
