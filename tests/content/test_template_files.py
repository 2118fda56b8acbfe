"""Where templates are read from, and what cannot be reached there."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.content.template_files import FolderFiles, GivenFiles, PinnedFiles, TemplateFile, decoded
from chalicelib.errors import TemplateError


def test_a_pinned_file_is_read_in_its_version_and_others_are_not_there() -> None:
    versions = {"blocks/footer.txt": "v7"}
    files = PinnedFiles(versions, lambda name, version: TemplateFile(name, f"{name} in {version}", version))
    assert files.read("blocks/footer.txt") == TemplateFile("blocks/footer.txt", "blocks/footer.txt in v7", "v7")
    assert files.read("blocks/header.txt") is None


def test_a_file_that_is_not_utf8_is_an_error_that_says_where() -> None:
    with pytest.raises(TemplateError, match=r"templates/blocks/footer.txt:1:1: is not UTF-8 \(byte 0\)"):
        decoded("blocks/footer.txt", "Привет".encode("cp1251"), "v1")


def test_a_byte_order_mark_is_not_text() -> None:
    assert decoded("blocks/footer.txt", "\ufeffSubject".encode(), "v1").text == "Subject"


def _no_file(name: str, version: str) -> TemplateFile:
    raise AssertionError(f"{name} is read in version {version}")


@pytest.mark.parametrize("name", [
    "../quarantine/x.json", "blocks/../../shop.yaml", "/etc/passwd", "shop.yaml", "blocks/footer", "", "blocks/.hidden",
    "a/b/c.txt", "blocks/foo ter.txt", "blocks/footer.txt\n",
])
def test_nothing_outside_the_templates_can_be_named(name: str, tmp_path: Path) -> None:
    for files in (FolderFiles(tmp_path), GivenFiles({}), PinnedFiles({}, _no_file)):
        with pytest.raises(TemplateError, match="is not the name of a template"):
            files.read(name)


def test_an_upload_is_tried_over_the_files_that_are_live(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "header.txt").write_text("live", "utf-8")
    files = GivenFiles({"blocks/footer.txt": "new"}, FolderFiles(tmp_path))
    texts = [files.read(name) for name in ("blocks/footer.txt", "blocks/header.txt", "blocks/none.txt")]
    assert [file.text if isinstance(file, TemplateFile) else None for file in texts] == ["new", "live", None]
