"""The secrets that a stage needs before its first request: made once, kept in SSM, never shown.

Beside the private key of web push lies its public half, for the storefront's pages: that one is no secret.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import Any

from chalicelib.channels.webhook import KEY_PREFIX
from infra.aws import Aws, DeploymentError

PRIVATE_KEY, PUBLIC_KEY = "vapid/private-key", "vapid/public-key"
WEBHOOK_KEY = "webhook-keys/1"
OWN = ("link-keys/1", "api-keys/1", "management-keys/1", WEBHOOK_KEY, PRIVATE_KEY)
"""Secrets that nobody gives us: signing of links, the keys of `POST /v1/events` and of the management API, signing of
the calls of other systems, and the identity of web push."""
FROM_STOREFRONTS = {"hooks/shopify": "Shopify", "hooks/woocommerce": "WooCommerce"}
"""Paths under which the secrets lie that a storefront signs its webhooks with."""


def create_missing(aws: Aws, stack: str) -> list[str]:
    """Make those of our own secrets that are not there and return their names; an existing one is never touched.

    The public key of web push follows from the private one, also after that was replaced. Raises DeploymentError when
    the private one is no key.
    """
    ssm, created = aws.client("ssm"), []
    for path in OWN:
        name = f"/{stack}/{path}"
        found = names(aws, name.rpartition("/")[0])
        # Of other secrets any one will do: they are rotated by adding the next.
        if not found or (path == PRIVATE_KEY and name not in found):
            ssm.put_parameter(Name=name, Type="SecureString", Value=_make(path), Tier="Standard")
            created.append(name)
    if _keep_public_key(ssm, stack):
        created.append(f"/{stack}/{PUBLIC_KEY}")
    return created


def _keep_public_key(ssm: Any, stack: str) -> bool:
    """Write the public key of web push where it is missing or of another private one; whether it was written."""
    from chalicelib.channels.vapid import public_key

    private, public = f"/{stack}/{PRIVATE_KEY}", f"/{stack}/{PUBLIC_KEY}"
    answer = ssm.get_parameters(Names=[private, public], WithDecryption=True)
    values = {parameter["Name"]: str(parameter["Value"]) for parameter in answer["Parameters"]}
    try:
        wanted = public_key(values[private].strip())
    except ValueError as error:
        raise DeploymentError(f"{private} is no key of web push (see docs/channels.md): {error}") from error
    if wanted == values.get(public):
        return False
    ssm.put_parameter(Name=public, Type="String", Value=wanted, Tier="Standard", Overwrite=True)
    return True


def names(aws: Aws, path: str) -> list[str]:
    """The names of all parameters below a path; no value is read."""
    ssm, found = aws.client("ssm"), []
    for page in ssm.get_paginator("describe_parameters").paginate(
        ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [path]}]
    ):
        found += [str(parameter["Name"]) for parameter in page["Parameters"]]
    return sorted(found)


def delete_all(aws: Aws, stack: str) -> list[str]:
    """Delete every parameter of a stack and return their names."""
    found = names(aws, f"/{stack}")
    for start in range(0, len(found), 10):
        aws.client("ssm").delete_parameters(Names=found[start : start + 10])
    return found


def _make(path: str) -> str:
    if path == PRIVATE_KEY:
        return _vapid_private_key()
    if path == WEBHOOK_KEY:
        # As libraries of Standard Webhooks take it (see docs/channels.md).
        return KEY_PREFIX + b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(32)


def _vapid_private_key() -> str:
    """A P-256 private key as 32 bytes in base64url, the form that tools for web push write (RFC 8292)."""
    from Crypto.PublicKey import ECC

    from chalicelib.channels.vapid import to_base64url

    key: Any = ECC.generate(curve="P-256")
    return to_base64url(int(key.d).to_bytes(32, "big"))
