"""The template of the project as it is now, made once for all tests of a worker."""

from __future__ import annotations

from typing import Any

import pytest

from infra.template import sam_template, transform

Template = dict[str, Any]


@pytest.fixture(scope="session")
def sam() -> Template:
    """The template before SAM's transform."""
    return sam_template("test")


@pytest.fixture(scope="session")
def template(sam: Template) -> Template:
    """The plain CloudFormation template, which is what is deployed."""
    return transform(sam)
