"""The spend cap (semantics 20): a message's cost is reserved of the month's budgets before its provider is called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import clock
from chalicelib.domain.messages import Message, Status
from chalicelib.flows import means
from chalicelib.flows.deliver import deliver
from chalicelib.flows.spending import DOLLAR, MOST_BLOCK, Budget, Purse, month_of
from chalicelib.flows.streams import deliver_records
from chalicelib.storage import bucket, budgets, clients
from tests.flows.engine_on_aws import requests_seen
from tests.flows.failing_calls import emitters, failing, lost_answer, names, throttling
from tests.flows.sending_shop import MAIL, NOW, PHONE, SendingShop

MONTH = "2026-11"
MAIL_COST = DOLLAR // 10_000
MAIL_PRICE = Decimal("0.0001")


def reserved(budget: str = "shop") -> int:
    return budgets.standing(MONTH).reserved.get(budget, 0)


def reservations(requests: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [params for name, params in requests if name == "UpdateItem" and params["TableName"].endswith("-shop")]


def mail_to(shop: SendingShop, number: int, **fields: Any) -> Message:
    shop.customer(MAIL, PHONE, customer_id=f"c{number}", now=fields.get("decided_at", NOW))
    return shop.message(customer_id=f"c{number}", **fields)


def outcomes(shop: SendingShop, how_many: int) -> list[tuple[str, str]]:
    found = [shop.found(customer_id=f"c{number}") for number in range(how_many)]
    return [(message.status.value, message.reason) for message in found]


def test_semantics_20_the_cost_is_reserved_before_the_provider_is_called(shop: SendingShop) -> None:
    shop.define(budget="1.00")

    with reserved_at_the_call() as seen:
        deliver(mail_to(shop, 1), NOW)

    assert seen == [MAIL_COST]
    assert shop.found(customer_id="c1").status is Status.SENT


def test_semantics_20_a_spent_budget_skips_marketing_and_the_log_is_told(shop: SendingShop) -> None:
    shop.define(budget="0.0002")

    for number in range(3):
        deliver(mail_to(shop, number), NOW)

    assert outcomes(shop, 3) == [("sent", ""), ("sent", ""), ("skipped", "budget")]
    assert len(shop.mails) == 2
    assert names(shop, "c2") == ["message.skipped"]


def test_transactional_messages_go_on_and_are_counted(shop: SendingShop) -> None:
    shop.define(budget="0.0001")

    for number in range(3):
        deliver(mail_to(shop, number, category="transactional"), NOW)
    deliver(mail_to(shop, 3), NOW)

    assert outcomes(shop, 4) == [("sent", "")] * 3 + [("skipped", "budget")]
    assert reserved() == 3 * MAIL_COST


def test_semantics_20_a_journeys_budget_bounds_it_and_the_shops_bounds_all(shop: SendingShop) -> None:
    shop.define(budget="0.0003", journey_budget="0.0001")

    deliver(mail_to(shop, 0), NOW)
    deliver(mail_to(shop, 1), NOW)
    deliver(mail_to(shop, 2, journey="another"), NOW)
    deliver(mail_to(shop, 3, journey="another"), NOW)
    deliver(mail_to(shop, 4, journey="another"), NOW)

    assert [reason for _, reason in outcomes(shop, 5)] == ["", "budget", "", "", "budget"]
    assert (reserved("journeys/welcome"), reserved()) == (MAIL_COST, 3 * MAIL_COST)


def test_without_a_budget_nothing_is_reserved_and_nothing_is_written(shop: SendingShop) -> None:
    with requests_seen() as requests:
        deliver(mail_to(shop, 1), NOW)

    assert reservations(requests) == []
    assert budgets.standing(MONTH).reserved == {}


def test_where_one_channel_is_too_dear_a_cheaper_one_is_taken(shop: SendingShop) -> None:
    shop.define(budget="0.01")

    deliver(mail_to(shop, 1, channels=("sms", "email")), NOW)

    assert shop.texts == []
    assert shop.found(customer_id="c1").channel == "email"


def test_what_was_refused_for_certain_is_there_for_the_next(shop: SendingShop) -> None:
    shop.define(budget="0.0001")

    with failing("before-call.sesv2.SendEmail", throttling(), times=1):
        deliver(mail_to(shop, 1), NOW)
    assert shop.found(customer_id="c1").status is Status.RETRYING
    deliver(mail_to(shop, 2), NOW)

    assert shop.found(customer_id="c2").status is Status.SENT
    assert reserved() == MAIL_COST


def test_what_may_have_gone_out_stays_spent(shop: SendingShop) -> None:
    shop.define(budget="0.0001")

    with failing("before-call.sesv2.SendEmail", lost_answer(), times=1):
        deliver(mail_to(shop, 0), NOW)
    deliver(mail_to(shop, 1), NOW)

    assert shop.found(customer_id="c0").status is Status.UNKNOWN
    assert shop.found(customer_id="c1").reason == "budget"


def test_marketing_does_not_live_on_what_a_refused_transactional_message_gives_back(shop: SendingShop) -> None:
    shop.define(budget="0")

    with failing("before-call.sesv2.SendEmail", throttling(), times=1):
        deliver(mail_to(shop, 1, category="transactional"), NOW)
    deliver(mail_to(shop, 2), NOW)

    assert shop.found(customer_id="c2").reason == "budget"


def test_a_batch_of_mails_reserves_in_one_write(shop: SendingShop) -> None:
    shop.define(budget="50.00", journey_budget="10.00")
    now = clock.now()
    records = [record(shop, mail_to(shop, number, decided_at=now), number) for number in range(25)]

    with requests_seen() as requests:
        assert deliver_records(records) == {"batchItemFailures": []}

    assert len(shop.mails) == 25
    assert len(reservations(requests)) == 1
    standing = budgets.standing(month_of(now, "Europe/Moscow"))
    assert standing.reserved == {"shop": 25 * MAIL_COST, "journeys/welcome": 25 * MAIL_COST}


def test_the_month_is_that_of_the_shops_calendar(shop: SendingShop) -> None:
    assert month_of(datetime(2026, 11, 30, 21, 30, tzinfo=UTC), "Europe/Moscow") == "2026-12"
    assert month_of(datetime(2026, 12, 1, 2, 30, tzinfo=UTC), "America/New_York") == "2026-11"

    shop.define(budget="0.0001")
    deliver(mail_to(shop, 0), NOW)
    next_month = datetime(2026, 11, 30, 21, 30, tzinfo=UTC)
    shop.customer(MAIL, customer_id="c1", now=next_month)
    deliver(shop.message(customer_id="c1", decided_at=next_month), next_month)

    assert shop.found(customer_id="c1").status is Status.SENT
    assert budgets.standing("2026-12").reserved == {"shop": MAIL_COST}


def test_a_budget_that_is_raised_lets_messages_go_again(shop: SendingShop) -> None:
    shop.define(budget="0.0001")
    for number in range(2):
        deliver(mail_to(shop, number), NOW)

    shop.define(budget="0.0002")
    deliver(mail_to(shop, 2), NOW)

    assert [reason for _, reason in outcomes(shop, 3)] == ["", "budget", ""]


def test_marketing_waits_for_a_price_list_since_a_limit_is_not_kept_by_guessing(shop: SendingShop) -> None:
    shop.define(budget="1.00")
    bucket.delete("prices.yaml")

    deliver(mail_to(shop, 0), NOW)
    deliver(mail_to(shop, 1, category="transactional"), NOW)

    assert [status for status, _ in outcomes(shop, 2)] == ["retrying", "sent"]


class TestManyProcesses:
    """Each with a purse of its own, on one table."""

    shop_budget = Budget("shop", Decimal("0.05"))

    def spend(self, purse: Purse, price: Decimal = MAIL_PRICE, tries: int = 600) -> int:
        """Take the price until it is refused; how often it was granted."""
        for taken in range(tries):
            if purse.take(price, [self.shop_budget], MONTH) is None:
                return taken
        return tries

    @pytest.mark.ministack
    @pytest.mark.usefixtures("ministack_aws")
    def test_together_they_spend_every_cent_and_not_one_more(self) -> None:
        purses = [Purse() for _ in range(6)]
        for purse in purses:
            purse.expect(25)

        with ThreadPoolExecutor(12) as threads:
            granted = sum(threads.map(self.spend, purses * 2))

        assert granted == 500
        assert reserved() == 500 * MAIL_COST

    @pytest.mark.usefixtures("moto")
    def test_one_that_dies_takes_a_block_with_it_at_most(self) -> None:
        dead = Purse()
        dead.expect(25)
        assert dead.take(MAIL_PRICE, [self.shop_budget], MONTH)

        assert self.spend(Purse()) == 500 - MOST_BLOCK // MAIL_COST

    @pytest.mark.usefixtures("moto")
    def test_one_that_has_a_single_message_reserves_no_more_than_that_costs(self) -> None:
        for _ in range(3):
            assert Purse().take(MAIL_PRICE, [self.shop_budget], MONTH)

        assert reserved() == 3 * MAIL_COST

    @pytest.mark.usefixtures("moto")
    def test_a_dear_message_reserves_nothing_for_others(self) -> None:
        purse = Purse()
        purse.expect(25)

        assert purse.take(Decimal("0.04"), [self.shop_budget], MONTH)

        assert reserved() == DOLLAR * 4 // 100

    @pytest.mark.usefixtures("moto")
    def test_once_refused_it_is_not_asked_for_again(self) -> None:
        purse = Purse()
        self.spend(purse)

        with requests_seen() as requests:
            assert self.spend(purse) == 0

        assert requests == []


class TestAlert:
    """The owner is told at 80 %, once a month for each budget."""

    @pytest.fixture(autouse=True)
    def topic(self, shop: SendingShop, monkeypatch: pytest.MonkeyPatch) -> None:
        sns, sqs = clients.client("sns"), clients.client("sqs")
        arn = sns.create_topic(Name="alarms")["TopicArn"]
        self.queue = sqs.create_queue(QueueName="owner")["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn)
        monkeypatch.setenv("SELVEDGE_ALARM_TOPIC", arn)

    def received(self) -> list[dict[str, str]]:
        got = clients.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in got]

    def test_semantics_20_it_comes_at_80_percent_and_not_again(self, shop: SendingShop) -> None:
        shop.define(budget="0.0005")
        for number in range(3):
            deliver(mail_to(shop, number), NOW)
        assert self.received() == []

        for number in range(3, 8):
            deliver(mail_to(shop, number), NOW)
            means.forget()

        (mail,) = self.received()
        assert mail["Subject"] == f"{shop.stack}: 80% of the budget of 2026-11 is spent"
        assert "Of the 0.0005 $ that messages may cost in 2026-11 by shop.yaml" in mail["Message"]

    def test_each_budget_has_its_own(self, shop: SendingShop) -> None:
        shop.define(budget="0.0001", journey_budget="0.0001")

        deliver(mail_to(shop, 1), NOW)

        assert sorted("journeys/welcome.yaml" in mail["Message"] for mail in self.received()) == [False, True]

    def test_it_is_for_transactional_spending_too(self, shop: SendingShop) -> None:
        shop.define(budget="0.0001")

        deliver(mail_to(shop, 1, category="transactional"), NOW)

        assert len(self.received()) == 1

    def test_an_owner_who_was_not_reached_is_told_by_the_next_message(self, shop: SendingShop) -> None:
        shop.define(budget="0.0005")
        refused = ClientError({"Error": {"Code": "AuthorizationError"}}, "Publish")
        with failing("before-call.sns.Publish", refused, times=1):
            for number in range(4):
                deliver(mail_to(shop, number), NOW)
        assert {status for status, _ in outcomes(shop, 4)} == {"sent"}
        assert self.received() == []

        deliver(mail_to(shop, 4), NOW)

        assert len(self.received()) == 1


@contextmanager
def reserved_at_the_call() -> Iterator[list[int]]:
    """What was reserved whenever SES was called."""
    seen: list[int] = []

    def look(**_: Any) -> None:
        seen.append(reserved())

    for emitter in emitters():
        emitter.register("before-call.sesv2.SendEmail", look)
    try:
        yield seen
    finally:
        for emitter in emitters():
            emitter.unregister("before-call.sesv2.SendEmail", look)


def record(shop: SendingShop, message: Message, number: int) -> dict[str, Any]:
    """The stream's record of a queued message."""
    item = clients.client("dynamodb").get_item(
        TableName=f"{shop.stack}-messages", Key={"c": {"S": message.customer_id}, "m": {"S": message.message_id}},
    )["Item"]
    return {"dynamodb": {"SequenceNumber": str(number), "NewImage": item}}
