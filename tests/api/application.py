"""The HTTP API as a WSGI application: requests go through API Gateway's event and Chalice, as on AWS."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

import app as functions
from chalicelib.storage import clients
from infra.local.functions import Function
from infra.local.http_event import HttpApi


@lru_cache(maxsize=1)
def _api() -> HttpApi:
    return HttpApi(functions.app.routes, Function("api", functions.app, 15))


def wsgi(environ: Any, start_response: Any) -> Any:
    """The API as a WSGI application."""
    return _api().answer(Request(environ))(environ, start_response)


def client() -> Client:
    """A client that posts to the API."""
    return Client(wsgi, Response)


def set_secrets(stack: str, path: str, *values: str) -> None:
    """Let these secrets be in force under a path; to be called before the first request, since they are kept."""
    ssm = clients.client("ssm")
    for number, value in enumerate(values):
        ssm.put_parameter(Name=f"/{stack}/{path}/{number}", Value=value, Type="SecureString", Overwrite=True)
