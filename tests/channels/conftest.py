"""AWS in process for the channels: SES and SNS of moto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws


@pytest.fixture
def mocked_aws() -> Iterator[None]:
    """SES and SNS as moto plays them, empty."""
    with mock_aws():
        yield
