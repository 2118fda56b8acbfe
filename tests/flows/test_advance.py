"""The engine: entries of the stream become states, messages and timers, whatever comes twice or fails on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from msgspec.structs import replace

from chalicelib.domain.customer import Consent, Customer, Profile
from chalicelib.domain.events import ConsentChange, Entry, Event, Identity, Merge
from chalicelib.domain.messages import Status
from chalicelib.domain.rehearsal import timer_entry
from chalicelib.flows.definitions_in_force import read_in_force
from chalicelib.storage import clients, customers, log, timers
from tests.domain.stories import SHOP, at, cart, in_force, marketing, ordered, played, said
from tests.flows.engine_on_aws import REMINDER, Engine, customer, dynamodb, requests_seen, sent_to

NOW = at("03-02 10:00")


def logged(*entries: Entry, who: str = "anna") -> None:
    """Entries of a customer who can be written to by mail."""
    for number, entry in enumerate(entries):
        agreed = Event("consent.given", at("01-01 00:00"), consent=ConsentChange("email")) if number == 0 else None
        log.append(replace(
            entry, customer_id=who, identities=(Identity("email", f"{who}@example.org"),),
            events=(agreed, *entry.events) if agreed else entry.events,
        ))


def set_aside(stack: str) -> list[dict[str, Any]]:
    """What lies in the on-failure queue."""
    client = clients.client("sqs")
    url = client.get_queue_url(QueueName=f"{stack}-stream-failures")["QueueUrl"]
    received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in received]


def test_an_entry_becomes_a_state_a_message_and_a_timer(engine: Engine) -> None:
    """The whole way through DynamoDB and back."""
    logged(cart("03-02 10:00"))
    assert engine.advance(NOW) == []

    assert customer("anna").runs[0].wake_at == at("03-02 11:00")
    (timer,) = timers.due(at("03-02 11:00"), at("03-02 11:00"))
    assert (timer.customer_id, timer.due) == ("anna", at("03-02 11:00"))

    log.append(timer_entry("anna", timer.due, at("03-02 11:00")))
    assert engine.advance(at("03-02 11:00")) == []
    assert [(message.name, message.status) for message in sent_to("anna")] == [("first", Status.QUEUED)]


def test_a_redelivered_batch_changes_nothing(engine: Engine) -> None:
    """Recognised by position: not even a write."""
    logged(cart("03-02 10:00"), cart("03-02 10:10"))
    engine.advance(NOW)
    before = customers.load("anna")

    with requests_seen() as requests:
        assert engine.advance(NOW) == []
        assert engine.advance(NOW, engine.records()[:1]) == []
    assert customers.load("anna") == before
    assert {name for name, _ in requests} & {"PutItem", "UpdateItem"} == set()


def test_only_what_is_new_of_a_batch_is_folded(engine: Engine) -> None:
    """Lambda brings the batch again from its first failure on."""
    logged(said("03-02 10:00", "a.b"), cart("03-02 10:10"))
    engine.advance(NOW, engine.records()[:1])
    engine.advance(NOW)

    stored = customers.load("anna")
    assert stored is not None
    assert (stored.version, len(stored.customer.recent)) == (2, 2)


def test_a_stream_of_another_label_is_recognised_by_what_it_brings(engine: Engine) -> None:
    """A restored table has a new stream whose numbers begin anew."""
    logged(cart("03-02 10:00"), cart("03-02 10:10"))
    engine.advance(NOW)

    logged(ordered("03-02 10:20"))
    restored = [
        {**record, "eventSourceARN": record["eventSourceARN"].rpartition("/")[0] + "/2026-04-01T00:00:00.000"}
        for record in engine.records()
    ]
    for number, record in enumerate(restored, 1):
        record["dynamodb"] = {**record["dynamodb"], "SequenceNumber": str(number)}
    assert engine.advance(NOW, restored) == []

    assert len(customer("anna").recent) == 3
    assert customer("anna").profile.orders.count == 1


def test_states_are_read_consistently(engine: Engine) -> None:
    """Effects come before the commit that would notice an older state: what is over would be sent."""
    logged(cart("03-02 10:00"))
    with requests_seen() as requests:
        engine.advance(NOW)

    reads = [params for name, params in requests if name == "BatchGetItem"]
    assert all(asked["ConsistentRead"] for params in reads for asked in params["RequestItems"].values())
    assert reads


def test_a_commit_that_lost_its_race_is_folded_again_on_the_newer_state(engine: Engine) -> None:
    """Somebody else committed between our read and our write."""
    logged(cart("03-02 10:00"), ordered("03-02 10:30"))
    first, second = engine.records()
    engine.advance(NOW, [first])

    raced = False

    def race(params: dict[str, Any], model: Any, **_: Any) -> None:
        nonlocal raced
        if model.name == "PutItem" and params["TableName"].endswith("-customers") and not raced:
            raced = True
            stored = customers.load("anna", consistent=True)
            assert stored is not None
            named = replace(stored.customer, profile=replace(stored.customer.profile, first_name="Anna"))
            customers.commit(stored, named, stored.position)

    dynamodb().meta.events.register("before-parameter-build.dynamodb", race, unique_id="race")
    try:
        assert engine.advance(NOW, [second]) == []
    finally:
        dynamodb().meta.events.unregister("before-parameter-build.dynamodb", unique_id="race")

    state = customer("anna")
    assert raced
    assert (state.profile.first_name, state.profile.orders.count, state.runs) == ("Anna", 1, ())


def test_a_poison_entry_is_set_aside_and_holds_up_nobody(engine: Engine) -> None:
    """Neither other customers nor later entries of the same one; the queue names it."""
    logged(cart("03-02 10:00"))
    logged(cart("03-02 10:00"), who="vera")
    _poison("anna", "03-02 10:05")
    logged(ordered("03-02 10:10"))

    assert engine.advance(NOW) == []
    assert customer("anna").profile.orders.count == 1
    assert len(customer("vera").runs) == 1
    (aside,) = set_aside(engine.stack)
    assert aside["customer_id"] == "anna"
    assert aside["entry_id"].startswith("2026-03-02T07:05")
    assert "in the fold" in aside["reason"]


def _poison(who: str, when: str) -> None:
    """An entry the fold cannot bear: a merge whose state is not one (a defect of ours would do the same)."""
    event = Event("customer.absorbed", at(when), merge=Merge("somebody", b"\xc1 not a state"))
    log.append(Entry(who, log.entry_id(at(when), "test", "poison"), at(when), "test", (event,)))


def test_a_customer_whose_state_cannot_be_written_is_brought_again_and_others_go_on(engine: Engine) -> None:
    """The earliest of the failed customer's entries is reported; what others did stays done."""
    logged(said("03-02 09:59", "a.b"), who="boris")
    logged(cart("03-02 10:00"), cart("03-02 10:01"))
    logged(cart("03-02 10:00"), who="vera")

    with throttled("anna"):
        failed = engine.advance(NOW)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in engine.records()]
    assert failed == [numbers[1]]
    assert customer("anna").runs == ()
    assert len(customer("vera").runs) == 1

    assert engine.advance(NOW, engine.records()[1:]) == []
    assert len(customer("anna").runs) == 1


@contextmanager
def throttled(who: str) -> Iterator[None]:
    """DynamoDB refuses to write a customer's state, as it does over the maximum throughput."""
    def refuse(params: dict[str, Any], **_: Any) -> Any:
        body = json.loads(params["body"])
        if body["TableName"].endswith("-customers") and body["Item"]["c"] == {"S": who}:
            return AWSResponse("", 400, {}, None), {"Error": {"Code": "ThrottlingException", "Message": ""}}
        return None

    dynamodb().meta.events.register("before-call.dynamodb.PutItem", refuse, unique_id="throttled")
    try:
        yield
    finally:
        dynamodb().meta.events.unregister("before-call.dynamodb.PutItem", unique_id="throttled")


def test_when_the_database_is_away_the_whole_batch_is_brought_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its first record on."""
    logged(cart("03-02 10:00"))
    logged(cart("03-02 10:00"), who="vera")
    records = engine.records()
    engine.forget()

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert engine.advance(NOW, records) == [records[0]["dynamodb"]["SequenceNumber"]]


def test_a_run_finishes_on_its_version_in_a_process_that_knows_only_the_new_one(engine: Engine) -> None:
    """25: the earlier version is fetched from the shop table."""
    logged(cart("03-02 10:00"))
    engine.advance(NOW)
    engine.put_in_force(REMINDER.replace("first", "second"), messages=[marketing("first"), marketing("second")])
    engine.forget()

    log.append(timer_entry("anna", at("03-02 11:00"), at("03-02 11:00")))
    assert engine.advance(at("03-02 11:00")) == []
    assert [message.name for message in sent_to("anna")] == ["first"]


def test_a_process_that_has_not_heard_of_a_journey_yet_does_not_withdraw_its_runs(engine: Engine) -> None:
    """28: another process has read the publishing of a moment ago; this one goes by what it read before."""
    logged(said("03-02 09:59", "a.b"))
    engine.put_in_force(messages=[marketing("first")], settings=SHOP)
    engine.forget()
    engine.advance(NOW)

    engine.put_in_force(REMINDER, messages=[marketing("first")], settings=SHOP)
    stored = customers.load("anna")
    assert stored is not None
    elsewhere = _begun_elsewhere()
    customers.commit(stored, replace(stored.customer, runs=elsewhere.runs), stored.position)

    logged(said("03-02 10:00", "c.d"))
    assert engine.advance(NOW + timedelta(seconds=10)) == []
    assert len(customer("anna").runs) == 1


def _begun_elsewhere() -> Customer:
    known = read_in_force().in_force
    definitions = in_force(*known.journeys, messages=known.messages)
    return played(definitions, cart("03-02 09:59"), days=0)[0]


def test_a_deleted_journey_ends_its_runs(engine: Engine) -> None:
    """28."""
    logged(cart("03-02 10:00"))
    engine.advance(NOW)
    engine.put_in_force(messages=[marketing("first")], settings=SHOP)
    engine.forget()

    logged(said("03-02 10:30", "a.b"))
    assert engine.advance(NOW) == []
    assert customer("anna").runs == ()


def test_consent_in_the_same_entry_counts(engine: Engine) -> None:
    """What the state knows of a person is what their entries told."""
    logged(cart("03-02 10:00"))
    engine.advance(NOW)

    profile: Profile = customer("anna").profile
    assert profile.email == "anna@example.org"
    assert profile.consents == (Consent("email", "*", True, at("01-01 00:00")),)


def test_the_clock_of_the_engine_decides_nothing(engine: Engine) -> None:
    """Now is what is written on the entry: an engine that is a day late comes to the same."""
    logged(cart("03-02 10:00"))
    log.append(timer_entry("anna", at("03-02 11:00"), at("03-02 11:00")))
    very_late: datetime = at("03-03 11:00")

    assert engine.advance(very_late) == []
    assert [message.decided_at for message in sent_to("anna")] == [at("03-02 11:00")]
