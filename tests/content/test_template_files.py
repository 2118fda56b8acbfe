"""Where templates are read from: how fresh they are, what a reading costs, what cannot be reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.content.occasion import Occasion
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, sample_message
from chalicelib.content.template_files import BucketFiles, FolderFiles, GivenFiles, TemplateFile
from chalicelib.domain.rendered import Rendered
from chalicelib.errors import FileMissingError, StorageUnavailableError, TemplateError
from chalicelib.storage import bucket
from tests.content.places import FOLDER, LINKS, SETTINGS, TEMPLATES, shipped_messages

NOW = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
KEY = "templates/blocks/footer.txt"


@dataclass
class CountingBucket:
    """The real bucket, with the requests counted and a switch to be away."""

    asked: list[str] = field(default_factory=list)
    away: bool = False

    def read(self, key: str, etag: str) -> bucket.File | None:
        self.asked.append(etag)
        if self.away:
            raise StorageUnavailableError("away")
        return bucket.read(key, etag)


def test_a_changed_file_is_seen_within_a_minute(moto: str) -> None:
    bucket.put(KEY, b"one")
    files = BucketFiles(bucket.read)
    first = files.read("blocks/footer.txt", NOW)
    bucket.put(KEY, b"two")
    second = files.read("blocks/footer.txt", NOW + timedelta(seconds=60))
    assert first
    assert second
    assert (first.text, second.text) == ("one", "two")
    assert first.version != second.version


def test_the_version_is_the_buckets_own(moto: str) -> None:
    bucket.put(KEY, b"one")
    stored = bucket.read(KEY)
    file = BucketFiles(bucket.read).read("blocks/footer.txt", NOW)
    assert stored
    assert file
    assert stored.version_id
    assert file.version == stored.version_id


def test_within_a_minute_the_bucket_is_not_asked_again_and_then_by_etag(moto: str) -> None:
    bucket.put(KEY, b"one")
    counting = CountingBucket()
    files = BucketFiles(counting.read)
    for seconds in (0, 1, 30, 59):
        files.read("blocks/footer.txt", NOW + timedelta(seconds=seconds))
    assert counting.asked == [""]
    unchanged = files.read("blocks/footer.txt", NOW + timedelta(seconds=61))
    assert unchanged
    assert unchanged.text == "one"
    assert len(counting.asked) == 2
    assert counting.asked[1] != ""


def test_a_missing_file_is_remembered_as_missing_for_a_minute_too(moto: str) -> None:
    counting = CountingBucket()
    files = BucketFiles(counting.read)
    assert files.read("blocks/footer.txt", NOW) is None
    bucket.put(KEY, b"one")
    assert files.read("blocks/footer.txt", NOW + timedelta(seconds=59)) is None
    found = files.read("blocks/footer.txt", NOW + timedelta(seconds=60))
    assert found
    assert found.text == "one"
    assert len(counting.asked) == 2


def test_a_deleted_file_is_gone_after_a_minute(moto: str) -> None:
    bucket.put(KEY, b"one")
    files = BucketFiles(bucket.read)
    assert files.read("blocks/footer.txt", NOW)
    bucket.delete(KEY)
    assert files.read("blocks/footer.txt", NOW + timedelta(seconds=60)) is None


def test_a_bucket_that_is_away_does_not_stop_files_seen_before(moto: str) -> None:
    bucket.put(KEY, b"one")
    counting = CountingBucket()
    files = BucketFiles(counting.read)
    files.read("blocks/footer.txt", NOW)
    counting.away = True
    still = files.read("blocks/footer.txt", NOW + timedelta(minutes=5))
    assert still
    assert still.text == "one"
    with pytest.raises(StorageUnavailableError):
        files.read("blocks/header.txt", NOW)


def test_a_file_that_is_not_utf8_is_an_error_that_says_where(moto: str) -> None:
    bucket.put(KEY, "Привет".encode("cp1251"))
    with pytest.raises(TemplateError, match=r"templates/blocks/footer.txt: is not UTF-8 \(byte 0\)"):
        BucketFiles(bucket.read).read("blocks/footer.txt", NOW)


def test_a_byte_order_mark_is_not_text(moto: str) -> None:
    bucket.put(KEY, "\ufeffSubject".encode())
    file = BucketFiles(bucket.read).read("blocks/footer.txt", NOW)
    assert file
    assert file.text == "Subject"


@pytest.mark.parametrize("name", [
    "../quarantine/x.json", "blocks/../../shop.yaml", "/etc/passwd", "shop.yaml", "blocks/footer", "", "blocks/.hidden",
    "a/b/c.txt", "blocks/foo ter.txt", "blocks/footer.txt\n",
])
def test_nothing_outside_the_templates_can_be_named(name: str, tmp_path: Path) -> None:
    def read(key: str, etag: str) -> bucket.File | None:
        raise FileMissingError(key)

    for files in (FolderFiles(tmp_path), GivenFiles({}), BucketFiles(read)):
        with pytest.raises(TemplateError, match="is not the name of a template"):
            files.read(name, NOW)


def test_an_upload_is_tried_over_the_files_that_are_live(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "header.txt").write_text("live", "utf-8")
    files = GivenFiles({"blocks/footer.txt": "new"}, FolderFiles(tmp_path))
    texts = [files.read(name, NOW) for name in ("blocks/footer.txt", "blocks/header.txt", "blocks/none.txt")]
    assert [file.text if isinstance(file, TemplateFile) else None for file in texts] == ["new", "live", None]


def test_the_shipped_templates_render_from_the_bucket_and_an_edit_shows_within_a_minute(moto: str) -> None:
    for path in sorted(FOLDER.rglob("*.*")):
        bucket.put(f"templates/{path.relative_to(FOLDER)}", path.read_bytes())
    counting = CountingBucket()
    files = BucketFiles(counting.read)
    definition = shipped_messages()["order-shipped"]
    message = sample_message(definition, code=False)

    def sent_at(now: datetime) -> Rendered:
        occasion = Occasion(message, definition, FULL_CUSTOMER, FULL_EVENT, SETTINGS, LINKS, now)
        return TEMPLATES.render(occasion, "email", files)

    first = sent_at(NOW)
    requests = len(counting.asked)
    assert sent_at(NOW + timedelta(seconds=59)) == first
    assert len(counting.asked) == requests  # a warm function asks the bucket for nothing
    words = FOLDER / "blocks" / "words.ru.txt"
    bucket.put("templates/blocks/words.ru.txt", words.read_text("utf-8").replace("Итого", "Всего").encode())
    second = sent_at(NOW + timedelta(seconds=60))
    assert "Итого: 28" in first.text
    assert "Всего: 28" in second.text
    assert second.template_version != first.template_version
    text = bucket.read("templates/order-shipped/email.ru.txt")
    assert text
    assert first.template_version.partition("/")[0] == text.version_id
