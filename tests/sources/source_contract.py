"""What every storefront's source must do: one test suite that each inherits, after django-anymail's webhook_cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.events import Arrival
from chalicelib.domain.vocabulary import part_of
from chalicelib.errors import MalformedPayloadError, SignatureError, UnknownTopicError
from chalicelib.sources.source import Source

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["1e400", "-0", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", "gid://shopify/Order/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as the handler hands them to a source."""
    return {name.lower(): value for name, value in headers.items()}


class SourceContract:
    """Inherit, and say how the storefront signs and what an order of it looks like."""

    source: ClassVar[Source]
    order_topic: ClassVar[str]
    topic_header: ClassVar[str]
    topics: ClassVar[tuple[str, ...]]

    @staticmethod
    def headers(topic: str, body: bytes, secret: str) -> dict[str, str]:
        """The headers of a delivery signed with a secret."""
        raise NotImplementedError

    @staticmethod
    def order() -> dict[str, Any]:
        """An order's payload as the storefront sends it."""
        raise NotImplementedError

    def read(self, topic: str, content: Any) -> tuple[Arrival, ...]:
        """The arrivals of a payload."""
        body = json.dumps(content).encode()
        return self.source.read(lowered(self.headers(topic, body, "s")), body, NOW)

    def test_a_body_signed_with_any_secret_in_force_is_genuine(self) -> None:
        body = b'{"a": "\xc3\xa9"}'
        headers = lowered(self.headers(self.order_topic, body, "new"))

        self.source.verify(headers, body, ["old", "new"])
        self.source.verify(headers, body, ["new", "old"])

    @pytest.mark.parametrize("secrets", [[], ["other"], ["secret "], [""]])
    def test_a_body_signed_with_no_secret_in_force_is_refused(self, secrets: list[str]) -> None:
        headers = lowered(self.headers(self.order_topic, b"{}", "secret"))

        with pytest.raises(SignatureError):
            self.source.verify(headers, b"{}", secrets)

    def test_a_changed_byte_is_refused(self) -> None:
        headers = lowered(self.headers(self.order_topic, b'{"id": 1}', "secret"))

        with pytest.raises(SignatureError):
            self.source.verify(headers, b'{"id":1}', ["secret"])

    @pytest.mark.parametrize("signature", ["", "é", "====", "x" * 500])
    def test_a_signature_that_is_none_is_refused(self, signature: str) -> None:
        headers = lowered(self.headers(self.order_topic, b"{}", "secret"))
        name = next(name for name in headers if "hmac" in name or "signature" in name)

        with pytest.raises(SignatureError):
            self.source.verify(headers | {name: signature}, b"{}", ["secret"])

    def test_an_order_names_its_customer_and_is_placed(self) -> None:
        arrival, = self.read(self.order_topic, self.order())

        assert {"email", "storefront", "order"} <= {identity.kind for identity in arrival.identities}
        assert "order.placed" in [event.name for event in arrival.events]

    def test_the_same_delivery_gives_the_same_arrivals(self) -> None:
        assert self.read(self.order_topic, self.order()) == self.read(self.order_topic, self.order())

    def test_every_event_carries_the_part_its_name_calls_for(self) -> None:
        for event in self.read(self.order_topic, self.order())[0].events:
            part = part_of(event.name)
            assert not part or getattr(event, part) is not None, event.name

    def test_a_64_bit_id_survives(self) -> None:
        order = self.order() | {"id": 9007199254740993, "admin_graphql_api_id": None}

        arrival, = self.read(self.order_topic, order)

        assert {event.order.id for event in arrival.events if event.order} == {"9007199254740993"}

    def test_unknown_fields_change_nothing(self) -> None:
        arrival, = self.read(self.order_topic, self.order() | {"brand_new": {"field": [1, None]}})
        plain, = self.read(self.order_topic, self.order())

        assert arrival.events == plain.events

    def test_a_topic_nobody_reads_says_so(self) -> None:
        with pytest.raises(UnknownTopicError) as refusal:
            self.read("cosmos/exploded", {"id": 1})
        assert refusal.value.topic == "cosmos/exploded"

    @pytest.mark.parametrize("body", [
        b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"id": 1,}', b"[" * 5000, b'{"id": NaN}', b"a=1&b=2",
    ])
    def test_a_body_that_is_no_json_object_is_malformed(self, body: bytes) -> None:
        headers = lowered(self.headers(self.order_topic, body, "s"))

        with pytest.raises(MalformedPayloadError):
            self.source.read(headers, body, NOW)

    def test_an_order_without_id_is_malformed_and_the_path_is_named(self) -> None:
        order = {name: value for name, value in self.order().items() if name not in ("id", "admin_graphql_api_id")}

        with pytest.raises(MalformedPayloadError, match=r"\$\.id"):
            self.read(self.order_topic, order)

    def test_a_delivery_without_a_topic_is_malformed(self) -> None:
        headers = lowered(self.headers(self.order_topic, b"{}", "s"))
        del headers[self.topic_header]

        with pytest.raises(MalformedPayloadError, match=r"[Tt]opic"):
            self.source.read(headers, b"{}", NOW)

    # Each storefront runs this inherited property on its own: that is the point.
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(st.data())
    def test_no_junk_in_any_field_is_an_error_of_ours(self, data: st.DataObject) -> None:
        topic = data.draw(st.sampled_from(self.topics))
        payload: dict[str, Any] = self.order()
        for name in data.draw(st.sets(st.sampled_from(sorted(payload)), min_size=1, max_size=4)):
            value = payload[name]
            if isinstance(value, list) and value and isinstance(value[0], dict):
                inner = data.draw(st.sampled_from(sorted(value[0])))
                payload[name] = [value[0] | {inner: data.draw(JUNK)}, data.draw(JUNK)]
            elif isinstance(value, dict) and value and data.draw(st.booleans()):
                payload[name] = value | {data.draw(st.sampled_from(sorted(value))): data.draw(JUNK)}
            else:
                payload[name] = data.draw(JUNK)
        try:
            self.read(topic, payload)
        except (MalformedPayloadError, UnknownTopicError) as refusal:
            assert str(refusal)  # noqa: PT017 - the property is that nothing else is raised
