"""The HTTP API as a WSGI application: requests go through API Gateway's event and Chalice, as on AWS."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from chalice import Blueprint, Chalice
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from chalicelib.storage import clients
from infra.local.http_event import HttpApi


@lru_cache(maxsize=8)
def wsgi(*blueprints: Blueprint) -> Any:
    """A WSGI application with the routes of these blueprints."""
    app = Chalice("test")
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    api = HttpApi(app.routes, app)

    def application(environ: Any, start_response: Any) -> Any:
        return api.answer(Request(environ))(environ, start_response)

    return application


def client(*blueprints: Blueprint) -> Client:
    """A client that posts to these blueprints."""
    return Client(wsgi(*blueprints), Response)


def set_secrets(stack: str, path: str, *values: str) -> None:
    """Let these secrets be in force under a path; to be called before the first request, since they are kept."""
    ssm = clients.client("ssm")
    for number, value in enumerate(values):
        ssm.put_parameter(Name=f"/{stack}/{path}/{number}", Value=value, Type="SecureString", Overwrite=True)
