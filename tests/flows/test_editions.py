"""What was checked together is what goes out: each message is rendered from the very versions that passed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.content.template_files import TemplateFile
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import TemplateError, UnknownEditionError
from chalicelib.flows import definitions_in_force
from chalicelib.flows.definitions_in_force import read_in_force
from chalicelib.flows.editions import edition_of, files_in_force
from chalicelib.flows.publish import publish
from chalicelib.storage import bucket, clients, shop
from tests.flows.failing_files import requests_to_s3
from tests.flows.published_files import MAIL, MESSAGE, TEXT, problem_of, put

SHOP = "url: https://weavers.example\nholdout: 0\nlocales: [ru]\n"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TEXT_KEY = "templates/hello/email.ru.txt"
BLOCK_KEY = "templates/blocks/footer.txt"
WITH_BLOCK = TEXT + '{% include "blocks/footer.txt" %}\n'


@pytest.fixture(autouse=True)
def filled(aws: str) -> Iterator[None]:
    """A bucket with one message, `hello`, that includes a block."""
    definitions_in_force.forget()
    put("shop.yaml", SHOP)
    put("templates/hello/message.yaml", MESSAGE)
    put("templates/hello/email.ru.mjml", MAIL)
    put(TEXT_KEY, WITH_BLOCK)
    put(BLOCK_KEY, "Ваши ткачи\n")
    yield
    definitions_in_force.forget()


def hello() -> MessageDefinition:
    (message,) = read_in_force().in_force.messages
    return message


def sent_text(key: str = TEXT_KEY) -> str:
    """What a template file says to who is sent `hello` now."""
    file = files_in_force(hello()).read(key.removeprefix("templates/"))
    assert isinstance(file, TemplateFile)
    return file.text


def versions_of(key: str) -> list[str]:
    """The version ids of a file, the newest first."""
    listed: dict[str, Any] = clients.client("s3").list_object_versions(Bucket=bucket._bucket(), Prefix=key)
    return [version["VersionId"] for version in listed["Versions"] if version["Key"] == key]


def delete_version(key: str, version: str) -> None:
    clients.client("s3").delete_object(Bucket=bucket._bucket(), Key=key, VersionId=version)


def test_a_message_names_the_edition_of_all_files_within_its_reach() -> None:
    put("templates/blocks/words.ru.txt", "thanks: Спасибо\n")
    put("templates/blocks/unused.txt", "{{ nobody }}")
    publish(NOW)

    edition = edition_of(hello().edition)
    assert edition.id == hello().edition
    assert set(edition.files) == {
        "hello/email.ru.txt", "hello/email.ru.mjml", "blocks/footer.txt", "blocks/words.ru.txt",
    }
    assert [edition.files["hello/email.ru.txt"]] == versions_of(TEXT_KEY)


def test_a_broken_upload_changes_nothing_that_is_sent() -> None:
    publish(NOW)
    before = hello()
    put(TEXT_KEY, "Subject: {{ nobody }}\n\nx")
    put(BLOCK_KEY, "Другие ткачи {{ nobody }}\n")

    assert publish(NOW).problems
    assert hello() == before
    assert sent_text() == WITH_BLOCK
    assert sent_text(BLOCK_KEY) == "Ваши ткачи\n"


def test_a_right_file_waits_for_the_one_that_broke_beside_it() -> None:
    """They were not checked together."""
    publish(NOW)
    put(TEXT_KEY, WITH_BLOCK.replace("Привет!", "Добрый день!"))
    put("templates/hello/email.ru.mjml", "<mjml>")
    publish(NOW)
    assert "Привет!" in sent_text()

    put("templates/hello/email.ru.mjml", "<mjml><mj-body><mj-section><mj-column><mj-text>"
        '<a href="{{ links.unsubscribe }}">x</a></mj-text></mj-column></mj-section></mj-body></mjml>')
    assert publish(NOW).problems == {}
    assert "Добрый день!" in sent_text()


def test_wrong_settings_do_not_reach_a_message_that_cannot_bear_them() -> None:
    """The settings that templates show are part of what was checked."""
    put(TEXT_KEY, TEXT + "{{ shop.url[12] }}")
    put("shop.yaml", SHOP)
    publish(NOW)
    before = hello()
    put("shop.yaml", "url: https://w.io\nholdout: 7\nlocales: [ru]\n")

    assert TEXT_KEY in publish(NOW).problems
    assert hello() == before
    assert edition_of(before.edition).settings.url == "https://weavers.example"
    in_force = read_in_force().in_force.settings
    assert edition_of(before.edition).settings_under(in_force).holdout_percent == 7


def test_what_no_reader_sees_makes_no_new_edition() -> None:
    publish(NOW)
    before = hello().edition
    put("shop.yaml", SHOP.replace("holdout: 0", "holdout: 9"))
    put("templates/blocks/unused.txt", "one more block")
    publish(NOW)
    assert read_in_force().in_force.settings.holdout_percent == 9
    assert hello().edition == before


def test_going_back_to_an_earlier_version_puts_that_very_version_in_force() -> None:
    publish(NOW)
    (first,) = versions_of(TEXT_KEY)
    put(TEXT_KEY, WITH_BLOCK.replace("Привет!", "Добрый день!"))
    publish(NOW)
    second = versions_of(TEXT_KEY)[0]
    assert edition_of(hello().edition).files["hello/email.ru.txt"] == second

    delete_version(TEXT_KEY, second)
    publish(NOW)

    assert edition_of(hello().edition).files["hello/email.ru.txt"] == first
    assert "Привет!" in sent_text()


def test_the_same_text_uploaded_again_and_taken_back_leaves_a_version_that_is_there() -> None:
    """A warm process knows the text by its ETag, which both versions share."""
    publish(NOW)
    (first,) = versions_of(TEXT_KEY)
    time.sleep(1.1)  # S3 tells the time of a change to the second
    put(TEXT_KEY, WITH_BLOCK)
    publish(NOW)
    second = next(version for version in versions_of(TEXT_KEY) if version != first)
    assert edition_of(hello().edition).files["hello/email.ru.txt"] == second
    delete_version(TEXT_KEY, second)
    publish(NOW)

    assert edition_of(hello().edition).files["hello/email.ru.txt"] == first


def test_a_message_whose_definition_is_deleted_leaves_and_comes_back_with_it() -> None:
    publish(NOW)
    bucket.delete("templates/hello/message.yaml")
    publish(NOW)
    assert read_in_force().in_force.messages == ()

    marker = clients.client("s3").list_object_versions(Bucket=bucket._bucket())["DeleteMarkers"][0]
    delete_version(marker["Key"], marker["VersionId"])
    publish(NOW)
    assert sent_text() == WITH_BLOCK


def test_a_template_that_is_deleted_is_told_and_goes_on_being_sent() -> None:
    publish(NOW)
    bucket.delete("templates/hello/email.ru.txt")
    bucket.delete("templates/hello/email.ru.mjml")

    assert publish(NOW).problems
    assert sent_text() == WITH_BLOCK


def test_a_version_that_was_purged_is_told_by_name() -> None:
    publish(NOW)
    (version,) = versions_of(TEXT_KEY)
    delete_version(TEXT_KEY, version)
    with pytest.raises(TemplateError, match=f"email.ru.txt: its version {version} is not in the bucket"):
        sent_text()


def test_a_template_read_by_version_is_asked_for_once() -> None:
    publish(NOW)
    with requests_to_s3() as requests:
        assert sent_text() == WITH_BLOCK
        assert sent_text() == WITH_BLOCK
    assert requests == ["GetObject"]


def test_publishing_reads_each_file_once_and_again_only_what_changed() -> None:
    with requests_to_s3() as requests:
        publish(NOW)
    assert requests.count("GetObject") == 5

    with requests_to_s3() as requests:
        publish(NOW)
    assert "GetObject" not in requests

    put(TEXT_KEY, TEXT)
    with requests_to_s3() as requests:
        publish(NOW)
    assert requests.count("GetObject") == 1


def test_where_nothing_has_changed_a_process_only_looks() -> None:
    """The uploads of a deployment are over long before the publishings that they started."""
    put(TEXT_KEY, "Subject: {{ nobody }}\n\nx")
    told = publish(NOW)
    assert publish(NOW).problems == told.problems  # what was told stands beside the file now
    with requests_to_s3() as requests:
        assert publish(NOW).problems == told.problems
    assert set(requests) == {"ListObjectsV2"}

    bucket.delete(f"{TEXT_KEY}.problems.txt")
    publish(NOW)
    assert problem_of(TEXT_KEY)


@contextmanager
def replaced_by(text: str, when: str) -> Iterator[None]:
    """Somebody uploads another text, once, just when the file is being read: before S3 answers, or after."""
    events = clients.client("s3").meta.events
    left = [text]

    def upload(model: Any, **_: Any) -> None:
        if model.name == "GetObject" and left:
            put(TEXT_KEY, left.pop())

    events.register(f"{when}-call.s3.GetObject", upload, unique_id="upload")
    try:
        yield
    finally:
        events.unregister(f"{when}-call.s3.GetObject", unique_id="upload")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_file_replaced_while_it_is_read_is_pinned_as_it_was_checked(when: str) -> None:
    publish(NOW)
    put(BLOCK_KEY, "Ткачи с Волги\n")
    with replaced_by("Subject: {{ nobody }}\n\nx", when):
        publish(NOW)
    assert sent_text() == WITH_BLOCK

    put(TEXT_KEY, TEXT)
    put(BLOCK_KEY, "Ткачи\n")
    with replaced_by(WITH_BLOCK, when):
        assert publish(NOW).problems == {}
    pinned = edition_of(hello().edition).files["hello/email.ru.txt"]
    assert bucket.read_version(TEXT_KEY, pinned).decode() == sent_text()
    publish(NOW)
    assert sent_text() == WITH_BLOCK


def test_new_words_are_no_new_decisions() -> None:
    """The history that "why" goes by keeps what decides, not every word of every mail."""
    publish(NOW)
    since, before = read_in_force().in_force.since, hello().edition
    put(TEXT_KEY, TEXT)
    publish(NOW)

    assert hello().edition != before
    assert read_in_force().in_force.since == since
    assert [key for key, _ in shop.of_kind("definitions")] == ["in-force"]


def test_a_bucket_that_keeps_no_versions_is_told_and_changes_nothing() -> None:
    publish(NOW)
    before = hello()
    clients.client("s3").put_bucket_versioning(
        Bucket=bucket._bucket(), VersioningConfiguration={"Status": "Suspended"},
    )
    put(TEXT_KEY, TEXT)

    assert list(publish(NOW).problems) == [TEXT_KEY]
    assert "has no version of its own in S3; switch on versioning" in (problem_of(TEXT_KEY) or "")
    assert hello() == before


def test_a_message_that_was_never_published_has_no_edition() -> None:
    with pytest.raises(UnknownEditionError, match="publish again"):
        edition_of("")
