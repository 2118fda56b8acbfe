"""An HTTP request as API Gateway's HTTP API hands it to a function (payload format 1.0), and the answer back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

LARGEST_BODY = 10 * 1024 * 1024
"""API Gateway takes no larger body: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""

_TEXT = re.compile(r"text/|application/(json|javascript|xml)\b|application/[\w.-]+\+(json|xml)\b", re.ASCII)


class HttpApi:
    """An HTTP API with one explicit route for each route of a Chalice app; other requests never reach the function."""

    def __init__(
        self, routes: Mapping[str, Collection[str]], function: Callable[[dict[str, Any], Any], dict[str, Any]]
    ) -> None:
        """`routes` maps a Chalice path (`/u/{token}`) to its methods; `function` is called as Lambda calls it."""
        self._function = function
        self._routes = Map(
            [
                Rule(re.sub(r"\{(\w+)\}", r"<\1>", path), endpoint=path, methods=[method])
                for path, methods in routes.items()
                for method in methods
            ],
            strict_slashes=False,
            merge_slashes=False,
        )

    def answer(self, request: Request, context: object = None) -> Response:
        """The function's answer to a request; 404 for an unknown route, 413 for a body over `LARGEST_BODY`."""
        try:
            route, values = self._routes.bind("", path_info=request.path, default_method=request.method).match()
        except HTTPException:
            return Response('{"message":"Not Found"}', 404, mimetype="application/json")
        body = request.get_data(cache=False)
        if len(body) > LARGEST_BODY:
            return Response('{"message":"Request Entity Too Large"}', 413, mimetype="application/json")
        return response(self._function(event(request, body, route, values), context))


def event(request: Request, body: bytes, route: str, path_parameters: Mapping[str, str]) -> dict[str, Any]:
    """The payload 1.0 event of a request that matched `route`. A body that is not declared as text comes as base64."""
    binary = bool(body) and not is_text(request.headers.get("Content-Type", ""), body)
    headers = {name.lower(): request.headers.getlist(name) for name in request.headers.keys()}  # noqa: SIM118 - not a dict
    query = {name: request.args.getlist(name) for name in request.args}
    now = datetime.now(UTC)
    return {
        "version": "1.0",
        "resource": route,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(path_parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": request.host,
            "domainPrefix": "local",
            "httpMethod": request.method,
            "path": request.path,
            "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
            "resourceId": None,
            "resourcePath": route,
            "stage": "$default",
            "requestId": uuid4().hex,
            "extendedRequestId": uuid4().hex,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "identity": {"sourceIp": request.remote_addr, "userAgent": request.headers.get("User-Agent")},
        },
        "body": (base64.b64encode(body).decode() if binary else body.decode()) if body else None,
        "isBase64Encoded": binary,
    }


def is_text(content_type: str, body: bytes) -> bool:
    """Whether an HTTP API hands a body over as text. Forms do not count as text, nor does what is not UTF-8."""
    if not _TEXT.match(content_type.strip().lower()):
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def response(answer: Mapping[str, Any]) -> Response:
    """The HTTP response that a function's answer (`statusCode`, `headers`, `body`, …) stands for."""
    body = answer.get("body") or ""
    result = Response(base64.b64decode(body) if answer.get("isBase64Encoded") else body, answer["statusCode"])
    result.headers.pop("Content-Type", None)
    for name, value in (answer.get("headers") or {}).items():
        result.headers[name] = str(value)
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        result.headers.setlist(name, [str(value) for value in values])
    return result
