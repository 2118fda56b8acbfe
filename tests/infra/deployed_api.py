"""The HTTP API of a deployed stack, served over HTTP as API Gateway serves it.

MiniStack's own HTTP API hands every function payload format 2.0, whatever the integration declares, and Chalice reads
1.0. So its part is played here, from the routes and integrations that were deployed; the function runs in MiniStack.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request

from infra.local.http_event import HttpApi
from tests.infra.deployed_stack import Deployed

FAILED = {
    "statusCode": 500,
    "headers": {"Content-Type": "application/json"},
    "body": '{"message":"Internal Server Error"}',
}
"""What API Gateway answers for a function that raised."""


@contextmanager
def served_api(deployed: Deployed) -> Iterator[str]:
    """The address under which the API of a deployed stack answers; stopped at the end."""
    api = HttpApi(_routes(deployed), _function(deployed))

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        return api.answer(Request(environ))(environ, start_response)

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _routes(deployed: Deployed) -> dict[str, list[str]]:
    routes: dict[str, list[str]] = {}
    for route in _api(deployed).get_routes(ApiId=deployed.resources["HttpApi"], MaxResults="500")["Items"]:
        method, _, path = route["RouteKey"].partition(" ")
        routes.setdefault(path, []).append(method)
    return routes


def _function(deployed: Deployed) -> Any:
    """The function behind the API's one integration, called as API Gateway calls it."""
    (integration,) = _api(deployed).get_integrations(ApiId=deployed.resources["HttpApi"])["Items"]
    assert integration["PayloadFormatVersion"] == "1.0"
    name = integration["IntegrationUri"].rpartition(":")[2]

    def call(event: dict[str, Any], _context: object) -> dict[str, Any]:
        answer = deployed.aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        body = answer["Payload"].read()
        return FAILED if answer.get("FunctionError") else dict(json.loads(body))

    return call


def _api(deployed: Deployed) -> Any:
    return deployed.aws.client("apigatewayv2")
