"""Which versions of template files a rendering was made of, and that an edit is seen at once."""

from __future__ import annotations

import re
from pathlib import Path

from chalicelib.content.occasion import Occasion
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, sample_message
from chalicelib.content.template_files import FolderFiles, GivenFiles
from chalicelib.domain.shop import MessageDefinition
from tests.content.places import FOLDER, LINKS, SETTINGS, SHIPPED, TEMPLATES, render_shipped, shipped_messages


def test_the_version_tells_of_every_file_used() -> None:
    before = render_shipped("cart-reminder", "email").template_version
    assert render_shipped("cart-reminder", "email").template_version == before
    assert re.fullmatch(r"[0-9a-f]{12}/[0-9a-f]{8}", before)
    footer = (FOLDER / "blocks" / "footer.mjml").read_text("utf-8")
    files = GivenFiles({"blocks/footer.mjml": footer + "<!-- a change of a block -->"}, SHIPPED)
    definition = shipped_messages()["cart-reminder"]
    message = sample_message(definition, code=True)
    occasion = Occasion(message, definition, FULL_CUSTOMER, FULL_EVENT, SETTINGS, LINKS, SAMPLE_NOW)
    after = TEMPLATES.render(occasion, "email", files).template_version
    assert after.partition("/")[0] == before.partition("/")[0]
    assert after != before


def test_an_edit_is_seen_by_templates_already_compiled(tmp_path: Path) -> None:
    (tmp_path / "try").mkdir()
    definition = MessageDefinition("try", "transactional", ("sms",), variants=("sms.ru",))
    occasion = Occasion(
        sample_message(definition, code=False), definition, FULL_CUSTOMER, None, SETTINGS, LINKS, SAMPLE_NOW,
    )
    texts = []
    for text in ("before", "after"):
        (tmp_path / "try" / "sms.ru.txt").write_text(text, "utf-8")
        texts.append(TEMPLATES.render(occasion, "sms", FolderFiles(tmp_path)).text)
    assert texts == ["before", "after"]


