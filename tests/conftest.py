"""Fixtures for all tests: an AWS that is not there, in process (moto) or as a server (MiniStack)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from moto import mock_aws
from playwright.sync_api import Browser, sync_playwright

from chalicelib.storage import clients, tables
from tests.emulators import CREDENTIALS, REGION, let_moto_take_one_request_at_a_time, running_ministack

for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
    os.environ.pop(name, None)
os.environ.update(CREDENTIALS)
# Before moto puts its own into the environment: one session serves all tests, and a MiniStack that asks who is there.
clients.session().get_credentials()

let_moto_take_one_request_at_a_time()

settings.register_profile("brief", max_examples=5, derandomize=True, deadline=None, database=None)
"""For mutation testing (`make mutate`), where each test runs hundreds of times."""

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
"""Chromium as root, and without its calls home."""


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a MiniStack server, one for all tests of a session: each test uses a stack of its own."""
    with running_ministack(tmp_path_factory.mktemp("ministack")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless: one for all tests, since Playwright can run only once in a process."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a stack that no other test uses, in the environment the product reads."""
    name = f"test-{uuid4().hex[:10]}"
    monkeypatch.setenv("SELVEDGE_STACK", name)
    monkeypatch.setenv("SELVEDGE_STAGE", "test")
    monkeypatch.setenv("SELVEDGE_BUCKET", f"{name}-files")
    return name


@pytest.fixture
def moto(stack: str) -> Iterator[str]:
    """The stack's tables and bucket in moto, in process."""
    with mock_aws():
        _create()
        yield stack


@pytest.fixture(params=["moto", pytest.param("ministack", marks=pytest.mark.ministack)])
def aws(request: pytest.FixtureRequest, stack: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The stack's tables and bucket, the test run once on each emulator; gives the emulator's name."""
    if request.param == "moto":
        request.getfixturevalue("moto")
        yield "moto"
    else:
        monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("ministack"))
        _create()
        yield "ministack"


@pytest.fixture
def ministack_aws(stack: str, ministack: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The stack's tables and bucket in MiniStack only, for what takes real concurrency; gives its address."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", ministack)
    _create()
    return ministack


def _create() -> None:
    tables.create_all()
    clients.client("s3").create_bucket(
        Bucket=os.environ["SELVEDGE_BUCKET"], CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    clients.client("s3").put_bucket_versioning(
        Bucket=os.environ["SELVEDGE_BUCKET"], VersioningConfiguration={"Status": "Enabled"},
    )
