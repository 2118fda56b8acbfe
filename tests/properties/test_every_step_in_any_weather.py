"""Every trigger and every kind of step, wherever the engine dies and whatever comes again: what has come of it is what
folding the log once, undisturbed, comes to. No award, code, task, call or message is there twice, and none is lost."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from chalicelib.domain.effects import AppendEntry, IssueCode, PutMessage, PutTask
from chalicelib.domain.fold import fold
from chalicelib.domain.messages import Message, Status
from chalicelib.domain.shop import ShopSettings
from tests.domain.stories import anna
from tests.properties.small_journeys import START, minutes
from tests.properties.small_store import SmallStore
from tests.properties.test_engine_in_any_weather import PEOPLE, EngineInAnyWeather
from tests.properties.whole_language import cart_journeys, definitions_of, segment_journeys, shops

journeys = st.tuples(cart_journeys(), segment_journeys).map(list)


class EveryStepInAnyWeather(EngineInAnyWeather):
    """The same weather over the whole language."""

    @initialize(written=journeys, shop=shops)
    def open(self, written: list[dict[str, Any]], shop: ShopSettings) -> None:
        self.shop = shop
        self.definitions = definitions_of(written, shop)
        people = [anna("email", "push", customer_id=each) for each in PEOPLE]
        self.store = SmallStore(self.definitions, people)
        self.clock = START
        self.numbers = count()

    def teardown(self) -> None:
        if self.begun:
            self.run_to(self.clock + minutes(20 * 24 * 60))
            for who in PEOPLE:
                self.hold_against_the_log(who)

    def hold_against_the_log(self, who: str) -> None:
        """Fold the log as it is, once, and compare everything that has come of it."""
        customer = self.store.begun[who]
        messages: dict[str, Message] = {}
        effects: list[Any] = []
        for entry in [entry for entry in self.store.stream if entry.customer_id == who]:
            folded = fold(customer, entry, self.definitions)
            customer = folded.customer
            effects.extend(folded.effects)
        for effect in effects:
            if isinstance(effect, PutMessage):
                before = messages.get(effect.message.message_id)
                if before is None or before.status is Status.DEFERRED:
                    messages[effect.message.message_id] = effect.message
        assert self.store.state(who) == customer
        assert {key[1]: message for key, message in self.store.messages.items() if key[0] == who} == messages
        codes = {effect.offer.code_id for effect in effects if isinstance(effect, IssueCode)}
        assert {code for code, effect in self.store.codes.items() if effect.customer_id == who} == codes
        tasks = {effect.task.task_id for effect in effects if isinstance(effect, PutTask)}
        assert {task for task, effect in self.store.tasks.items() if effect.task.customer_id == who} == tasks
        awarded = {effect.entry.entry_id for effect in effects if isinstance(effect, AppendEntry)}
        logged = Counter(
            entry.entry_id for entry in self.store.stream if entry.customer_id == who and entry.source == "journey"
        )
        assert set(logged) == awarded
        assert max(logged.values(), default=1) == 1
        assert customer.profile.loyalty.points == 10 * len(awarded)


EveryStepInAnyWeather.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestEveryStepInAnyWeather = EveryStepInAnyWeather.TestCase
