"""A request reaches the function in API Gateway's form, byte for byte, and its answer comes back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from chalice import Chalice
from chalice import Response as ChaliceResponse
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Request, Response

from infra.local.http_event import HttpApi, event


def request(path: str = "/hooks/shop", body: bytes = b"", **options: Any) -> Request:
    return Request(EnvironBuilder(path, method=options.pop("method", "POST"), data=body, **options).get_environ())


@pytest.mark.parametrize(
    ("content_type", "body", "binary"),
    [
        ("application/json", '{"id":"ё"}'.encode(), False),
        ("application/json; charset=utf-8", b"{}", False),
        ("text/plain", b"x", False),
        ("application/vnd.api+json", b"{}", False),
        ("application/x-www-form-urlencoded", b"a=1", True),
        ("application/octet-stream", b"{}", True),
        ("", b"{}", True),
        ("application/json", b"\xff\xfe", True),
        ("multipart/form-data; boundary=x", b"--x", True),
    ],
)
def test_the_body_arrives_byte_for_byte(content_type: str, body: bytes, binary: bool) -> None:
    made = event(request(body=body, content_type=content_type), body, "/hooks/shop", {})
    assert made["isBase64Encoded"] is binary
    assert (base64.b64decode(made["body"]) if binary else made["body"].encode()) == body


def test_headers_and_queries_come_once_and_in_all_their_values() -> None:
    made = event(request("/p?a=1&a=2&b=", headers=[("X-One", "1")]), b"", "/p", {})
    assert made["queryStringParameters"] == {"a": "2", "b": ""}
    assert made["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert made["headers"]["x-one"] == "1"
    assert made["multiValueHeaders"]["x-one"] == ["1"]
    assert made["body"] is None
    assert made["version"] == "1.0"


def chalice_app() -> Chalice:
    app = Chalice("shop")

    @app.route("/hooks/{source}", methods=["POST"])  # type: ignore[untyped-decorator]
    def hook(source: str) -> dict[str, Any]:
        asked = app.current_request
        return {"source": source, "body": asked.raw_body.decode(), "query": asked.query_params}

    @app.route("/picture", methods=["GET"])  # type: ignore[untyped-decorator]
    def picture() -> ChaliceResponse:
        return ChaliceResponse(b"\x89PNG", headers={"Content-Type": "image/png", "Set-Cookie": ["a=1", "b=2"]})

    return app


def client() -> Client:
    app = chalice_app()
    api = HttpApi({path: list(methods) for path, methods in app.routes.items()}, app)
    return Client(Request.application(api.answer), Response)


def test_a_chalice_app_answers_as_behind_the_api() -> None:
    answer = client().post("/hooks/sh%6Fp?x=1", data=b'{"a":1}', content_type="application/json")
    assert answer.status_code == 200
    assert json.loads(answer.data) == {"source": "shop", "body": '{"a":1}', "query": {"x": "1"}}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/wp-login.php"), ("GET", "/hooks/shop"), ("POST", "/hooks/shop/more")]
)
def test_other_requests_never_start_the_function(method: str, path: str) -> None:
    def never(event: dict[str, Any], context: object) -> dict[str, Any]:
        raise AssertionError("the function was called")

    api = HttpApi({"/hooks/{source}": ["POST"]}, never)
    answer = Client(Request.application(api.answer), Response).open(path, method=method)
    assert (answer.status_code, answer.json) == (404, {"message": "Not Found"})


def test_a_body_that_api_gateway_refuses_is_refused() -> None:
    answer = client().post("/hooks/shop", data=b"x" * (10 * 1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413


def test_binary_answers_and_repeated_headers_come_back() -> None:
    answer = client().get("/picture", headers={"Accept": "image/png"})
    assert answer.data == b"\x89PNG"
    assert answer.content_type == "image/png"
    assert answer.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
