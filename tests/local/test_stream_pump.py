"""The pump treats a stream as Lambda's event source mapping does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.event_filter import matches
from infra.local.stream_pump import Delivery, EventSource, first_failure, lambda_record


def record(number: int, kind: str = "INSERT", **image: Any) -> dict[str, Any]:
    return {"eventName": kind, "dynamodb": {"SequenceNumber": str(number), "NewImage": image}}


def numbers(records: list[dict[str, Any]]) -> list[int]:
    return [int(one["dynamodb"]["SequenceNumber"]) for one in records]


class Function:
    """A function that fails on poison, by raising or by reporting, and remembers what it was called with."""

    def __init__(self, poison: set[int], *, raises: bool = True, times: int = 10**9) -> None:
        self.poison, self.raises, self.times = poison, raises, times
        self.calls: list[list[int]] = []
        self.done: list[int] = []

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        batch = numbers(event["Records"])
        self.calls.append(batch)
        for number in batch:
            if number in self.poison and self.times > 0:
                self.times -= 1
                if self.raises:
                    raise RuntimeError("poison")
                return {"batchItemFailures": [{"itemIdentifier": str(number)}]}
            if number not in self.done:
                self.done.append(number)
        return {"batchItemFailures": []}


def delivery(function: Callable[..., Any], **settings: Any) -> tuple[Delivery, list[dict[str, Any]], list[float]]:
    failures: list[dict[str, Any]] = []
    pauses: list[float] = []
    source = EventSource(**({"batch_size": 10, "retries": 2} | settings))
    return Delivery(source, function, failures.append, pauses.append, arn="stream", shard="shard-0"), failures, pauses


def test_records_come_in_order_and_in_batches_no_larger_than_declared() -> None:
    function = Function(set())
    deliver, failures, _ = delivery(function, batch_size=3)
    deliver.deliver([record(n) for n in range(7)])
    assert function.calls == [[0, 1, 2], [3, 4, 5], [6]]
    assert failures == []


def test_a_batch_that_fails_once_is_tried_again_whole_after_a_pause() -> None:
    function = Function({1}, times=1)
    deliver, failures, pauses = delivery(function)
    deliver.deliver([record(n) for n in range(3)])
    assert function.calls == [[0, 1, 2], [0, 1, 2]]
    assert failures == []
    assert len(pauses) == 1


def test_bisecting_sets_the_poison_record_aside_and_no_other() -> None:
    function = Function({5})
    deliver, failures, _ = delivery(function, bisect=True)
    deliver.deliver([record(n) for n in range(8)])
    assert sorted(function.done) == [0, 1, 2, 3, 4, 6, 7]
    assert [one["DDBStreamBatchInfo"]["startSequenceNumber"] for one in failures] == ["5"]
    assert failures[0]["DDBStreamBatchInfo"]["batchSize"] == 1
    assert failures[0]["requestContext"]["approximateInvokeCount"] == 3


def test_without_bisecting_the_whole_batch_is_set_aside_when_the_retries_are_used_up() -> None:
    function = Function({1})
    deliver, failures, _ = delivery(function, batch_size=3, retries=1)
    deliver.deliver([record(n) for n in range(5)])
    info = failures[0]["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"], info["batchSize"]) == ("0", "2", 3)
    assert function.calls[-1] == [3, 4]


def test_a_reported_failure_goes_on_from_the_failed_record() -> None:
    function = Function({2}, raises=False, times=1)
    deliver, failures, _ = delivery(function, partial_failures=True)
    deliver.deliver([record(n) for n in range(5)])
    assert function.calls == [[0, 1, 2, 3, 4], [2, 3, 4]]
    assert failures == []


def test_reported_poison_does_not_hold_back_those_after_it() -> None:
    function = Function({2}, raises=False)
    deliver, failures, _ = delivery(function, partial_failures=True, bisect=True)
    deliver.deliver([record(n) for n in range(6)])
    assert sorted(function.done) == [0, 1, 3, 4, 5]
    assert [one["DDBStreamBatchInfo"]["startSequenceNumber"] for one in failures] == ["2"]


def test_an_answer_of_failures_counts_for_nothing_unless_the_mapping_asks_for_it() -> None:
    function = Function({2}, raises=False)
    deliver, failures, _ = delivery(function, partial_failures=False)
    deliver.deliver([record(n) for n in range(3)])
    assert len(function.calls) == 1
    assert failures == []


def test_only_records_that_a_filter_lets_through_reach_the_function() -> None:
    function = Function(set())
    pattern = {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"NewImage": {"st": {"S": ["queued"]}}}}
    deliver, _, _ = delivery(function, patterns=(pattern,))
    deliver.deliver(
        [record(0, st={"S": "queued"}), record(1, st={"S": "sent"}), record(2, "REMOVE", st={"S": "queued"})]
    )
    assert function.calls == [[0]]


def test_the_settings_are_those_of_the_template() -> None:
    source = EventSource.declared(
        {
            "BatchSize": 25,
            "MaximumRetryAttempts": 3,
            "BisectBatchOnFunctionError": True,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT"]})}]},
        }
    )
    assert source == EventSource(25, 3, True, True, ({"eventName": ["INSERT"]},))
    assert EventSource.declared({}).retries == -1


@pytest.mark.parametrize(
    ("answer", "index"),
    [
        (None, None),
        ({}, None),
        ({"batchItemFailures": None}, None),
        ({"batchItemFailures": []}, None),
        ({"batchItemFailures": [{"itemIdentifier": "12"}]}, 2),
        ({"batchItemFailures": [{"itemIdentifier": "12"}, {"itemIdentifier": "11"}]}, 1),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, 0),
        ({"batchItemFailures": [{"itemIdentifier": "99"}]}, 0),
        ({"batchItemFailures": [{"id": "11"}]}, 0),
        ("nonsense", 0),
        ({"batchItemFailures": "12"}, 0),
    ],
)
def test_what_an_answer_means(answer: object, index: int | None) -> None:
    assert first_failure(answer, ["10", "11", "12"]) == index


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ({"a": ["x", "y"]}, True),
        ({"a": ["z"]}, False),
        ({"b": [{"exists": False}]}, True),
        ({"a": [{"exists": False}]}, False),
        ({"a": [{"prefix": "x"}]}, True),
        ({"a": [{"suffix": "z"}]}, False),
        ({"a": [{"anything-but": ["x"]}]}, False),
        ({"a": [{"anything-but": {"prefix": "z"}}]}, True),
        ({"a": [{"equals-ignore-case": "X"}]}, True),
        ({"n": [{"numeric": [">", 1, "<=", 5]}]}, True),
        ({"t": [{"numeric": ["=", 5]}]}, False),
        ({"c": {"d": [None]}}, True),
        ({"$or": [{"a": ["q"]}, {"n": [5]}]}, True),
        ({"a": ["x"], "n": [6]}, False),
        ({"a": {"deeper": ["x"]}}, False),
        ({"n": [True]}, False),
    ],
)
def test_filter_patterns(pattern: dict[str, Any], matching: bool) -> None:
    assert matches(pattern, {"a": "x", "n": 5, "t": "5", "c": {"d": None}}) is matching


def test_a_comparison_that_is_not_known_is_an_error_not_a_guess() -> None:
    with pytest.raises(ValueError, match="cidr"):
        matches({"a": [{"cidr": "10.0.0.0/8"}]}, {"a": "10.0.0.1"})


def test_binary_values_reach_the_function_in_base64_as_from_lambda() -> None:
    image = {"b": {"B": b"\x00\xff"}, "l": {"L": [{"B": b"a"}]}}
    made = lambda_record({"eventName": "INSERT", "dynamodb": {"NewImage": image}}, "s")
    assert made["dynamodb"]["NewImage"] == {"b": {"B": "AP8="}, "l": {"L": [{"B": "YQ=="}]}}
    assert made["eventSourceARN"] == "s"
