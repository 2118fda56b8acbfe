"""The secrets that a stage needs before its first request: made once, kept in SSM, never shown."""

from __future__ import annotations

import secrets
from typing import Any

from infra.aws import Aws

OWN = ("link-keys/1", "api-keys/1", "vapid/private-key")
"""Secrets that nobody gives us: signing of links, the key of `POST /v1/events`, and the identity of web push."""
FROM_STOREFRONTS = {"hooks/shopify": "Shopify", "hooks/woocommerce": "WooCommerce"}
"""Paths under which the secrets lie that a storefront signs its webhooks with."""


def create_missing(aws: Aws, stack: str) -> list[str]:
    """Make those of our own secrets that are not there and return their names; an existing one is never touched."""
    ssm, created = aws.client("ssm"), []
    for path in OWN:
        if not names(aws, f"/{stack}/{path.rpartition('/')[0]}"):
            name = f"/{stack}/{path}"
            ssm.put_parameter(Name=name, Type="SecureString", Value=_make(path), Tier="Standard")
            created.append(name)
    return created


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
    return _vapid_private_key() if path == "vapid/private-key" else secrets.token_urlsafe(32)


def _vapid_private_key() -> str:
    """A P-256 private key as 32 bytes in base64url, the form that tools for web push write (RFC 8292)."""
    from Crypto.PublicKey import ECC

    from chalicelib.channels.vapid import to_base64url

    key: Any = ECC.generate(curve="P-256")
    return to_base64url(int(key.d).to_bytes(32, "big"))
