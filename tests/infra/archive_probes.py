"""The pieces of the story that tell of the statements by which the log is archived (see permission_probes.py)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from chalicelib import clock
from chalicelib.domain.customer import Position
from chalicelib.domain.events import Entry, Event
from chalicelib.storage import archive, bucket
from chalicelib.storage.archive import Archived
from infra.local.functions import scheduled_event
from tests.infra import storefront_payloads as payloads
from tests.infra.stepped_shop import Probe, SteppedShop
from tests.infra.storefront_payloads import Person

_numbers = count()


def order_is_archived(steps: SteppedShop) -> None:
    """What is told of a customer lies in the archive, with its place in the stream."""
    person = Person("nina")
    assert steps.shop.shopify("orders/create", payloads.order(person, clock.now())) == 200
    steps.work("Archive")
    today = clock.now().date()
    archived = archive.entries(today - timedelta(days=1), today)
    assert any(person.email == known.value for entry in archived for known in entry.identities)


def record_that_is_no_entry_is_kept(steps: SteppedShop) -> None:
    """An item of the log that cannot be read is kept beside the archive."""
    before = len(list(bucket.list_files(archive.UNREADABLE)))
    steps.shop.client("dynamodb").put_item(TableName=f"{steps.shop.deployed.name}-events", Item={
        "c": {"S": f"unreadable-{next(_numbers)}"}, "e": {"S": "e"}, "b": {"B": b"\x07"},
    })
    steps.work("Archive")
    assert len(list(bucket.list_files(archive.UNREADABLE))) == before + 1


def day_becomes_a_table(steps: SteppedShop) -> None:
    """A day of the archive that is over is made into a table, and marked."""
    day = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=next(_numbers))
    entry = Entry("somebody", "an entry", day, "test", (Event("page.viewed", day),))
    archive.write([Archived(entry, Position("a stream", 1))])
    steps.shop.invoke("Compact", scheduled_event("compact"))
    assert archive.compacted(day.date()).events == 1
    assert [file.key for file in bucket.list_files(f"{archive.PARQUET}day={day:%Y-%m-%d}/")]


ARCHIVE_PROBES: dict[tuple[str, str], Probe] = {
    ("Archive", "ReadTheStream"): order_is_archived,
    ("Archive", "WriteToTheArchive"): order_is_archived,
    ("Archive", "KeepWhatIsNoEntry"): record_that_is_no_entry_is_kept,
    ("Compact", "ListTheArchive"): day_becomes_a_table,
    ("Compact", "ReadTheLog"): day_becomes_a_table,
    ("Compact", "WriteDaysAndTables"): day_becomes_a_table,
    ("Compact", "MarkDays"): day_becomes_a_table,
}
"""The probe of each statement that the archive needs."""
