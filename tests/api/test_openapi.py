"""The committed description of the API is the one that its types give, and requests made from it find no way around."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from werkzeug.wrappers import Response

from infra import secret_parameters
from infra.aws import Aws
from infra.openapi import FILE, text
from tests.api.application import set_secrets, wsgi

KEY = "till-3-key"

load_all_checks()
UNFIT_CHECKS = CHECKS.get_by_names([
    # Formats say less than the rules: an address may look like one and still be none (a phone number nobody has).
    "positive_data_acceptance",
    # API Gateway answers 404 where a route has no such method; the function never sees the request.
    "unsupported_method",
])


def api_with_its_description(environ: Any, start_response: Any) -> Any:
    if environ["PATH_INFO"] == "/openapi.json":
        return Response(FILE.read_bytes(), mimetype="application/json")(environ, start_response)
    return wsgi(environ, start_response)


REFUSALS = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {
    # A text that is too long may make a body that is too long, which is looked at first.
    "expected-statuses": [400, 401, 413],
}}})
schema = schemathesis.openapi.from_wsgi("/openapi.json", api_with_its_description, config=REFUSALS)


@pytest.fixture
def api_key(moto: str) -> str:
    set_secrets(moto, "api-keys", KEY)
    set_secrets(moto, "management-keys", KEY)
    secret_parameters.create_missing(Aws(), moto)
    return KEY


def test_the_committed_description_is_current() -> None:
    assert FILE.read_text() == text(), "run: python -m infra.openapi"


def test_no_two_tests_share_an_id(request: pytest.FixtureRequest) -> None:
    """Else pytest-xdist runs one of them: of all operations one."""
    ids = [item.nodeid for item in request.session.items]
    assert len(ids) == len(set(ids))


@pytest.mark.slow
@schema.parametrize()  # type: ignore[untyped-decorator, unused-ignore]
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_requests_made_from_the_description_are_answered_as_described(case: Any, api_key: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {api_key}"}, excluded_checks=UNFIT_CHECKS)
