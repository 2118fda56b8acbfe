"""The secrets that a deployment makes."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.channels import vapid
from chalicelib.storage import secrets
from infra import secret_parameters
from infra.aws import Aws, DeploymentError


def test_missing_secrets_are_made_and_the_product_reads_them(moto: str) -> None:
    created = secret_parameters.create_missing(Aws(), moto)
    assert created == [
        f"/{moto}/link-keys/1", f"/{moto}/api-keys/1", f"/{moto}/management-keys/1",
        f"/{moto}/webhook-keys/1", f"/{moto}/vapid/private-key",
        f"/{moto}/vapid/public-key",
    ]
    assert len(b64decode(secrets.values("webhook-keys")[0].removeprefix("whsec_"), validate=True)) == 32
    assert len(secrets.values("link-keys")[0]) >= 43
    assert secrets.values("link-keys") != secrets.values("api-keys")
    now = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert vapid.authorization("https://push.example/x", "mailto:a@b.example", secrets.value("vapid/private-key"), now)


def test_the_public_key_is_that_of_the_private_one_also_after_it_was_replaced(moto: str) -> None:
    aws, ssm = Aws(), Aws().client("ssm")
    secret_parameters.create_missing(aws, moto)
    first = _value(ssm, f"/{moto}/vapid/public-key")
    assert first == vapid.public_key(_value(ssm, f"/{moto}/vapid/private-key"))
    replaced = vapid.to_base64url(bytes(range(32)))
    ssm.put_parameter(Name=f"/{moto}/vapid/private-key", Type="SecureString", Value=replaced, Overwrite=True)

    assert secret_parameters.create_missing(aws, moto) == [f"/{moto}/vapid/public-key"]

    assert _value(ssm, f"/{moto}/vapid/public-key") == vapid.public_key(replaced) != first
    assert _value(ssm, f"/{moto}/vapid/private-key") == replaced
    assert secret_parameters.create_missing(aws, moto) == []


def test_a_private_key_that_is_none_stops_the_deployment(moto: str) -> None:
    aws = Aws()
    aws.client("ssm").put_parameter(Name=f"/{moto}/vapid/private-key", Type="SecureString", Value="short")

    with pytest.raises(DeploymentError, match="/vapid/private-key is no key of web push"):
        secret_parameters.create_missing(aws, moto)


def _value(ssm: Any, name: str) -> str:
    return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def test_a_secret_that_is_there_is_never_touched(moto: str) -> None:
    aws = Aws()
    secret_parameters.create_missing(aws, moto)
    aws.client("ssm").delete_parameter(Name=f"/{moto}/link-keys/1")
    aws.client("ssm").put_parameter(Name=f"/{moto}/link-keys/2", Type="SecureString", Value="rotated")
    before = aws.client("ssm").get_parameter(Name=f"/{moto}/api-keys/1", WithDecryption=True)["Parameter"]["Value"]
    assert secret_parameters.create_missing(aws, moto) == []
    after = aws.client("ssm").get_parameter(Name=f"/{moto}/api-keys/1", WithDecryption=True)["Parameter"]["Value"]
    assert (before, secret_parameters.names(aws, f"/{moto}/link-keys")) == (after, [f"/{moto}/link-keys/2"])


def test_secrets_are_encrypted_and_what_everybody_may_know_is_not(moto: str) -> None:
    aws = Aws()
    for name in secret_parameters.create_missing(aws, moto):
        kind = aws.client("ssm").get_parameter(Name=name)["Parameter"]["Type"]
        assert kind == ("String" if name.endswith("/public-key") else "SecureString")


def test_only_the_stacks_own_parameters_are_deleted(moto: str) -> None:
    aws = Aws()
    secret_parameters.create_missing(aws, moto)
    aws.client("ssm").put_parameter(Name=f"/{moto}-2/api-keys/1", Type="SecureString", Value="of another stage")
    for number in range(12):
        aws.client("ssm").put_parameter(Name=f"/{moto}/hooks/shopify/{number}", Type="SecureString", Value="x")
    assert len(secret_parameters.delete_all(aws, moto)) == 18
    assert secret_parameters.names(aws, f"/{moto}") == []
    assert secret_parameters.names(aws, f"/{moto}-2") == [f"/{moto}-2/api-keys/1"]
