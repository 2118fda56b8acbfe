"""What every channel must keep, tested once and inherited by the tests of each (see `ChannelSender`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal

import pytest

from chalicelib.channels.channel import ChannelSender, Outgoing
from chalicelib.domain.messages import CHANNELS
from chalicelib.errors import ProviderOutcomeUnknownError, ProviderRefusedError
from tests.channels.silent_server import closed_port, http_answer, silent_server


class ChannelContract(ABC):
    """Inherit, and say how to make the channel's sender against a provider at some URL, and what to send."""

    throttled = http_answer(429)
    broken = http_answer(503)
    refusing = http_answer(400, b"{}")

    @abstractmethod
    def sender(self, provider_url: str) -> ChannelSender:
        """The channel's sender, its provider being at this URL."""

    @abstractmethod
    def outgoing(self, provider_url: str) -> Outgoing:
        """A message this channel can send there."""

    def test_its_name_is_one_that_messages_use(self) -> None:
        assert self.sender("http://127.0.0.1:9").name in CHANNELS

    def test_the_cost_is_known_before_anything_is_sent(self) -> None:
        url = closed_port()

        cost = self.sender(url).cost(self.outgoing(url))

        assert isinstance(cost, Decimal)
        assert cost >= 0

    def test_a_provider_that_was_never_reached_refused_and_may_be_tried_again(self) -> None:
        url = closed_port()

        with pytest.raises(ProviderRefusedError) as refused:
            self.sender(url).send(self.outgoing(url))

        assert refused.value.retryable
        assert not refused.value.address_is_dead

    def test_a_provider_that_takes_the_request_and_never_answers_leaves_the_outcome_unknown_and_is_asked_once(
        self,
    ) -> None:
        with silent_server() as provider:
            with pytest.raises(ProviderOutcomeUnknownError):
                self.sender(provider.url).send(self.outgoing(provider.url))

            assert len(provider.requests) == 1

    def test_a_line_that_breaks_after_the_request_leaves_the_outcome_unknown_and_is_not_tried_again(self) -> None:
        with silent_server(hang_up=True) as provider:
            with pytest.raises(ProviderOutcomeUnknownError):
                self.sender(provider.url).send(self.outgoing(provider.url))

            assert len(provider.requests) == 1

    @pytest.mark.parametrize("answer", ["throttled", "broken"])
    def test_too_many_requests_and_server_errors_may_be_tried_again_but_not_by_the_channel(self, answer: str) -> None:
        with silent_server(getattr(self, answer)) as provider:
            with pytest.raises(ProviderRefusedError) as refused:
                self.sender(provider.url).send(self.outgoing(provider.url))

            assert refused.value.retryable
            assert len(provider.requests) == 1

    def test_errors_name_no_address(self) -> None:
        with silent_server(self.refusing) as provider:
            outgoing = self.outgoing(provider.url)
            with pytest.raises(ProviderRefusedError) as refused:
                self.sender(provider.url).send(outgoing)

        assert outgoing.address.value not in str(refused.value)
        assert not refused.value.retryable
