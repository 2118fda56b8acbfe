"""The second reader of the log's stream: nothing is lost when it fails and resumes, and nothing counts twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.domain.events import Entry
from chalicelib.errors import StorageUnavailableError
from chalicelib.flows.archive import archive_records
from chalicelib.flows.streams import position_of
from chalicelib.storage import archive, bucket, log, tables
from infra.local.stream_pump import Delivery, EventSource, lambda_record
from tests.domain.stories import at, cart
from tests.flows.engine_on_aws import DiedError, Engine
from tests.flows.failing_files import dying_at_file, s3_away

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def engine(moto: str) -> Iterator[Engine]:
    """A stack whose log has a stream."""
    engine = Engine(moto)
    yield engine
    engine.forget()


def logged(count: int, when: str = "03-02 23:50") -> list[Entry]:
    """Entries of several customers, a minute after another."""
    start, written = at(when), []
    for number in range(count):
        moment = start + timedelta(minutes=number)
        one = replace(cart(when, f"c{number}"), customer_id=f"customer-{number % 3}", recorded_at=moment)
        assert log.append(one)
        written.append(log.read(one.customer_id, one.entry_id))
    return [one for one in written if one]


def records(engine: Engine) -> list[dict[str, Any]]:
    """The stream's records as Lambda hands them over."""
    return [lambda_record(record, record["eventSourceARN"]) for record in engine.records()]


def kept() -> list[Entry]:
    return list(archive.entries(*MARCH))


def test_what_the_stream_brings_is_archived_with_its_place_in_it(engine: Engine) -> None:
    written = logged(5)
    brought = records(engine)
    assert archive_records(brought) == 5
    assert kept() == written
    positions = {position_of(record) for record in brought}
    assert {one.position for one in archive.archived(*MARCH)} == positions


def test_a_batch_brought_twice_changes_nothing(engine: Engine) -> None:
    written = logged(5)
    archive_records(records(engine))
    files = archive.files(date(2026, 3, 2))
    archive_records(records(engine))
    assert archive.files(date(2026, 3, 2)) == files
    assert kept() == written


def test_records_that_say_that_an_item_is_gone_are_no_entries(engine: Engine) -> None:
    """The mapping leaves them out; TTL's removals would come otherwise."""
    (written,) = logged(1)
    (record,) = records(engine)
    gone = {**record, "eventName": "REMOVE", "dynamodb": {**record["dynamodb"]}}
    del gone["dynamodb"]["NewImage"]
    assert archive_records([gone, record]) == 1
    assert kept() == [written]


def test_a_batch_fails_where_s3_is_away_and_is_archived_when_it_comes_again(engine: Engine) -> None:
    written = logged(5)
    brought = records(engine)
    with s3_away(), pytest.raises(StorageUnavailableError):
        archive_records(brought)
    assert kept() == []
    assert archive_records(brought) == 5
    assert kept() == written


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("number", [1, 2])
def test_a_death_at_any_write_loses_nothing_when_it_resumes(engine: Engine, number: int, answered: bool) -> None:
    """The batch reaches over midnight, so that there are two writes: before and after each of them."""
    written = logged(20, "03-03 02:50")
    brought = records(engine)
    with dying_at_file(number, answered=answered), pytest.raises(DiedError):
        archive_records(brought)
    archive_records(brought[:7])
    archive_records(brought[7:])
    assert len(archive.days()) == 2
    assert kept() == written


def test_a_mapping_that_is_interrupted_again_and_again_archives_everything(engine: Engine) -> None:
    """With Lambda's own way to split and retry batches, S3 failing at every second request."""
    written = logged(40)
    brought = records(engine)
    aside: list[dict[str, Any]] = []
    turns = iter(range(10_000))

    def unsteady(event: dict[str, Any], _context: object) -> None:
        if next(turns) % 2:
            archive_records(event["Records"])
            return
        with s3_away():
            archive_records(event["Records"])

    source = EventSource(batch_size=16, retries=-1, bisect=True)
    Delivery(source, unsteady, aside.append, pause=lambda seconds: None).deliver(brought)
    assert aside == []
    assert kept() == written


def test_a_record_that_is_no_entry_is_kept_beside_the_log_and_holds_nothing_back(engine: Engine) -> None:
    first, last = logged(2)
    moment = first.recorded_at
    tables.Events("c9", "an id", recorded_at=moment, source="test", body=b"\x07 unknown", expires_at=moment).save()
    brought = records(engine)
    assert archive_records(brought) == 2
    assert kept() == [first, last]

    (file,) = bucket.list_files(archive.UNREADABLE)
    found = bucket.read(file.key)
    assert found
    assert json.loads(found.body)["e"] == {"S": "an id"}
    position = position_of(brought[2])
    assert file.key == f"{archive.UNREADABLE}{position.label}-{position.sequence}.json"
