"""A file of events becomes a log: as the API would have taken it, whatever its order."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from infra.recorded_events import Refused, read_events
from tests.domain.stories import at


def event(number: int, when: str, name: str = "page.viewed", **fields: Any) -> dict[str, Any]:
    """An event of Anna's, unless `identities` say otherwise."""
    part = {"page": {"url": "https://shop.example/"}} if name == "page.viewed" else {}
    return {
        "id": f"e{number}", "name": name, "occurred_at": at(when).isoformat(),
        "identities": {"email": "anna@example.org"}, **part, **fields,
    }


def file(folder: Path, *lines: object) -> Path:
    """A file with these lines, JSON unless they are texts."""
    path = folder / "history.ndjson"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return path


def test_a_line_is_an_entry_recorded_when_it_occurred(tmp_path: Path) -> None:
    (entry,) = read_events(file(tmp_path, event(1, "03-02 10:00")))
    assert entry.recorded_at == entry.events[0].occurred_at == at("03-02 10:00")
    assert entry.entry_id == "2026-03-02T07:00:00.000000Z#api#e1"
    assert [identity.key for identity in entry.identities] == ["email:anna@example.org"]


def test_a_batch_is_received_at_its_newest_and_its_views_are_one_entry(tmp_path: Path) -> None:
    batch = {"batch": [event(1, "03-02 10:00"), event(2, "03-02 10:05"), event(3, "03-02 10:03", "shop.smiled-at")]}
    views, smile = read_events(file(tmp_path, batch))
    assert [one.name for one in views.events] == ["page.viewed", "page.viewed"]
    assert {views.recorded_at, smile.recorded_at} == {at("03-02 10:05")}


def test_lines_out_of_order_are_sorted(tmp_path: Path) -> None:
    path = file(tmp_path, event(1, "03-05 10:00"), event(2, "03-02 10:00"), event(3, "03-03 10:00"))
    assert [entry.recorded_at for entry in read_events(path)] == [
        at("03-02 10:00"), at("03-03 10:00"), at("03-05 10:00"),
    ]


def test_a_compressed_file_is_read_the_same(tmp_path: Path) -> None:
    path = file(tmp_path, event(1, "03-02 10:00"), event(2, "03-03 10:00"))
    packed = tmp_path / "history.ndjson.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert list(read_events(packed)) == list(read_events(path))


def test_what_the_api_would_refuse_is_left_out_and_told_by_line(tmp_path: Path) -> None:
    refused = Refused()
    nobody = event(2, "03-02 10:01") | {"identities": {}}
    ours = event(3, "03-02 10:02", "timer.due")
    path = file(tmp_path, event(1, "03-02 10:00"), nobody, ours, "no json", {"id": "e5"}, "", event(6, "03-02 10:06"))
    entries = list(read_events(path, refused=refused))
    assert [entry.entry_id[-2:] for entry in entries] == ["e1", "e6"]
    assert refused.count == 4
    assert sorted(reason.partition(":")[0] for reason in refused.reasons) == ["line 2", "line 3", "line 4", "line 5"]


def test_an_event_about_no_person_is_no_entry(tmp_path: Path) -> None:
    product = event(1, "03-02 10:00", "product.updated", product={"id": "p1"}) | {"identities": {}}
    refused = Refused()
    assert list(read_events(file(tmp_path, product), refused=refused)) == []
    assert refused.count == 0


def test_people_are_told_apart_and_numbered_by_their_first_event(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        event(1, "03-02 10:00", identities={"email": "boris@example.org"}),
        event(2, "03-02 10:01"),
        event(3, "03-02 10:02", identities={"email": "boris@example.org"}),
    )
    assert [entry.customer_id for entry in read_events(path)] == ["000000000001", "000000000002", "000000000001"]


def test_an_anonymous_visitor_who_signs_in_is_the_same_person(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        event(1, "03-02 10:00", identities={"device_id": "d1"}),
        event(2, "03-02 10:01", identities={"device_id": "d1", "email": "anna@example.org"}),
        event(3, "03-02 10:02", identities={"email": "anna@example.org"}),
    )
    assert {entry.customer_id for entry in read_events(path)} == {"000000000001"}


def test_a_visitor_who_turns_out_to_be_a_known_customer_is_merged_into_the_older(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        event(1, "03-02 10:00"),
        event(2, "03-02 10:01", identities={"device_id": "d1"}),
        event(3, "03-02 10:02", identities={"device_id": "d1", "email": "anna@example.org"}),
        event(4, "03-02 10:03", identities={"device_id": "d1"}),
    )
    entries = list(read_events(path))
    told = [(entry.customer_id, entry.events[0].name) for entry in entries]
    assert told == [
        ("000000000001", "page.viewed"), ("000000000002", "page.viewed"), ("000000000002", "customer.merged"),
        ("000000000001", "page.viewed"), ("000000000001", "page.viewed"),
    ]
    assert entries[2].events[0].merge is not None
    assert entries[2].events[0].merge.customer_id == "000000000001"


def test_a_device_lent_to_somebody_else_follows_them_and_merges_nobody(tmp_path: Path) -> None:
    boris = {"device_id": "d1", "email": "boris@example.org"}
    path = file(
        tmp_path,
        event(1, "03-02 10:00", identities={"device_id": "d1", "email": "anna@example.org"}),
        event(2, "03-02 10:01", identities=boris),
        event(3, "03-02 10:02", identities={"device_id": "d1"}),
    )
    assert [entry.customer_id for entry in read_events(path)] == ["000000000001", "000000000002", "000000000002"]


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    path = file(tmp_path, *(event(number, "03-02 10:00") for number in range(4_001)))
    read: list[int] = []
    list(read_events(path, read=read.append))
    assert len(read) == 2
    assert 0 < read[0] < read[1] <= path.stat().st_size
