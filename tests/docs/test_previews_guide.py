"""docs/templates.md tells how to look at messages, try them and put them into the bucket, as it really is."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from parliament import analyze_policy_string

from chalicelib.console.preview_wording import REMARKS
from chalicelib.content.inspection import CLIPPED_BY_GMAIL, LEAST_WORDS_A_PICTURE, LONG_BODY, LONG_SUBJECT, LONG_TITLE
from chalicelib.definitions.shop_file import read_shop
from chalicelib.flows import link_checks, test_sends
from infra.local import pictures, preview
from tests.emulators import ROOT

GUIDE = (ROOT / "docs" / "templates.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
POLICY: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0].replace("BUCKET", "a-bucket"))
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]


def test_every_remark_is_told_and_no_other() -> None:
    table = GUIDE.partition("| Remark | Because |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", table, re.MULTILINE)
    assert sorted(re.findall(r"`([a-z-]+)`", " ".join(rows))) == sorted(REMARKS)


def test_the_limits_told_are_the_real_ones() -> None:
    assert f"what comes after {CLIPPED_BY_GMAIL // 1024} KB" in GUIDE
    assert f"over {LONG_SUBJECT} characters; mostly capitals" in GUIDE
    assert f"of a push: over {LONG_TITLE} and {LONG_BODY} characters" in GUIDE
    assert f"fewer than {LEAST_WORDS_A_PICTURE} characters of text for each picture" in GUIDE
    assert f"At most {test_sends.MOST} a minute" in GUIDE
    assert f"each of at most {link_checks.MOST} public addresses" in GUIDE
    assert f"`PORT={preview.PORT}`" in GUIDE


def test_the_setting_shown_is_read() -> None:
    (shown,) = [block for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL) if "test-addresses" in block]
    assert read_shop(shown).test_addresses == ("lena@shop.example", "+74950000000")


def test_every_starter_is_told_and_no_other() -> None:
    table = GUIDE.partition("| Starter | Is |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"`starters/([a-z-]+)/`", table)) == sorted(
        folder.name for folder in (ROOT / "starters").iterdir()
    )


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("make ")])
def test_every_target_told_is_in_the_makefile(line: str) -> None:
    assert re.search(rf"^{line.split()[1]}:", MAKEFILE, re.MULTILINE)


def test_nothing_of_what_an_upload_was_told_is_uploaded_again() -> None:
    copies = [line for line in SHELL if line.startswith("aws s3 sync") and "templates/ " in f"{line} "]
    whole = [line for line in copies if "shop/templates/" in line]
    assert len(whole) == 2
    assert all('--exclude "*.problems.txt"' in line for line in whole)


def test_the_pictures_shown_are_there_and_small_and_no_other() -> None:
    shown = re.findall(r"\]\(pictures/([a-z-]+)\.webp\)", GUIDE)
    assert sorted(shown) == sorted(file.stem for file in pictures.FOLDER.iterdir())
    assert sorted(shown) == sorted([*pictures.PAGES, pictures.MISTAKE[0]])
    for file in pictures.FOLDER.iterdir():
        assert file.stat().st_size <= pictures.LARGEST


def test_parliament_finds_nothing_in_the_marketers_policy() -> None:
    analyzed = analyze_policy_string(json.dumps(POLICY), ignore_private_auditors=True)
    assert [f"{finding.issue}: {finding.detail}" for finding in analyzed.findings] == []


def allowed(action: str, key: str) -> bool:
    """Whether the policy lets a marketer do this to a file; it only allows, so one statement is enough."""
    arn = f"arn:aws:s3:::a-bucket/{key}"
    for statement in POLICY["Statement"]:
        resources = statement["Resource"]
        named = [resources] if isinstance(resources, str) else resources
        if action in statement["Action"] and any(fnmatchcase(arn, one) for one in named):
            return True
    return False


@pytest.mark.parametrize(("action", "key", "may"), [
    ("s3:GetObject", "templates/brand.yaml", True),
    ("s3:PutObject", "templates/cart-reminder/email.en.txt", True),
    ("s3:PutObject", "journeys/welcome.yaml", True),
    ("s3:GetObjectVersion", "templates/cart-reminder/email.en.txt", True),
    ("s3:GetObject", "starters/email/message.yaml", True),
    ("s3:PutObject", "starters/email/message.yaml", False),
    ("s3:PutObject", "shop.yaml", False),
    ("s3:GetObject", "archive/log/1", False),
    ("s3:GetObject", "quarantine/shopify/1.json", False),
    ("s3:DeleteObject", "templates/cart-reminder/email.en.txt", False),
    ("s3:DeleteObjectVersion", "templates/cart-reminder/email.en.txt", False),
])
def test_a_marketer_may_change_texts_and_journeys_and_see_nobodys_data(action: str, key: str, may: bool) -> None:
    assert allowed(action, key) is may


def test_a_marketer_lists_the_same_folders_only() -> None:
    (listing,) = [one for one in POLICY["Statement"] if "s3:ListBucket" in one["Action"]]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["templates/*", "journeys/*", "starters/*"]}}
