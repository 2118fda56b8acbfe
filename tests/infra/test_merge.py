"""Laying one template over another."""

from __future__ import annotations

from infra.merge import merge


def test_mappings_are_merged_key_by_key() -> None:
    base = {"Engine": {"Properties": {"Timeout": 30, "MemorySize": 512}}}
    over = {"Engine": {"Properties": {"Timeout": 60}}, "Bucket": {"Type": "AWS::S3::Bucket"}}
    assert merge(over, base) == {
        "Engine": {"Properties": {"Timeout": 60, "MemorySize": 512}},
        "Bucket": {"Type": "AWS::S3::Bucket"},
    }


def test_lists_are_replaced() -> None:
    assert merge({"Types": ["BOUNCE"]}, {"Types": ["SEND", "DELIVERY"]}) == {"Types": ["BOUNCE"]}


def test_null_deletes() -> None:
    assert merge({"Tracing": None}, {"Tracing": "Active", "Timeout": 30}) == {"Timeout": 30}


def test_an_intrinsic_is_one_value_and_never_mixed_with_another() -> None:
    base = {"Role": {"Fn::GetAtt": ["DefaultRole", "Arn"]}}
    over = {"Role": {"Ref": "EngineRole"}}
    assert merge(over, base) == {"Role": {"Ref": "EngineRole"}}


def test_neither_argument_is_changed() -> None:
    base, over = {"a": {"b": 1}}, {"a": {"c": 2}}
    merge(over, base)
    assert (base, over) == ({"a": {"b": 1}}, {"a": {"c": 2}})
