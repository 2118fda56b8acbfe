"""A template that cannot be rendered never changes what is in force, and its author is told where it breaks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.domain.shop import MessageDefinition
from chalicelib.flows import definitions_in_force
from chalicelib.flows.definitions_in_force import read_in_force
from chalicelib.flows.publish import publish
from chalicelib.storage import bucket

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ROOT = Path(__file__).parent.parent.parent
MESSAGE = "templates/order-shipped/message.yaml"
SMS = "templates/order-shipped/sms.ru.txt"


@pytest.fixture(autouse=True)
def shop(moto: str) -> None:
    """A bucket with what is shipped, put in force."""
    definitions_in_force.forget()
    for folder, prefix in (("templates", "templates/"), ("schedules", "")):
        for path in (ROOT / folder).rglob("*.*"):
            bucket.put(f"{prefix}{path.relative_to(ROOT / folder).as_posix()}", path.read_bytes())
    assert publish(NOW).problems == {}


def message(name: str = "order-shipped") -> MessageDefinition | None:
    return next((found for found in read_in_force().in_force.messages if found.name == name), None)


def problem_files() -> list[str]:
    return [file.key for file in bucket.list_files("") if file.key.endswith(".problems.txt")]


def edit(key: str, old: bytes, new: bytes) -> None:
    file = bucket.read(key)
    assert file is not None
    assert old in file.body
    bucket.put(key, file.body.replace(old, new))


def test_a_mistake_in_a_template_is_told_beside_its_file() -> None:
    bucket.put(SMS, b"\n{{ order.nummer }}")

    published = publish(NOW)

    assert published.problems == {SMS: f"{SMS}:2:10: Order has no field 'nummer'; did you mean 'number'?"}
    told = bucket.read(f"{SMS}.problems.txt")
    assert told is not None
    assert told.body.decode() == f"{published.problems[SMS]}\n"


def test_a_message_with_a_broken_template_stays_as_it_was() -> None:
    before = message()
    edit(MESSAGE, b"topic: ", b"priority: 3\ntopic: ")
    bucket.put(SMS, b"{{ order.nummer }}")

    published = publish(NOW)

    assert message() == before
    assert published.messages == len(read_in_force().in_force.messages)


def test_a_new_message_with_a_broken_template_does_not_go_live() -> None:
    definition = b"message: hello\ncategory: marketing\nchannels: [sms]\n"
    bucket.put("templates/hello/message.yaml", definition)
    bucket.put("templates/hello/sms.ru.txt", b"{{ custmer.first_name }}")

    assert list(publish(NOW).problems) == ["templates/hello/sms.ru.txt"]
    assert message("hello") is None

    bucket.put("templates/hello/sms.ru.txt", "Здравствуйте!".encode())
    bucket.put("templates/hello/sms.en.txt", b"Hello!")

    assert publish(NOW).problems == {}
    assert message("hello") is not None
    assert problem_files() == []


def test_a_channel_without_a_template_is_a_problem_of_the_message() -> None:
    for locale in ("ru", "en"):
        bucket.delete(f"templates/order-shipped/sms.{locale}.txt")

    assert publish(NOW).problems == {MESSAGE: f"{MESSAGE}: sms has no template file"}
    assert problem_files() == [f"{MESSAGE}.problems.txt"]


def test_a_mistake_in_a_shared_block_is_told_beside_the_block_and_changes_no_message() -> None:
    before = read_in_force().in_force.messages
    edit("templates/blocks/footer.txt", b"{", b"{{ nobody }}{")

    published = publish(NOW)

    assert list(published.problems) == ["templates/blocks/footer.txt"]
    assert read_in_force().in_force.messages == before


def test_a_template_that_is_not_text_is_told_too() -> None:
    bucket.put(SMS, b"\xff\xfe")

    assert publish(NOW).problems == {SMS: f"{SMS}:1:1: is not UTF-8 (byte 0); save it as UTF-8"}
