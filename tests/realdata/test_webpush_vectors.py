"""The web push vectors of RFC 8291 (Appendix A) and RFC 8292 (2.4), every value of them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS

from chalicelib.channels import vapid
from chalicelib.channels.vapid import from_base64url, to_base64url
from chalicelib.channels.web_push_encryption import derive, encrypt, public_bytes

FOLDER = Path(os.environ.get("SELVEDGE_REALDATA", Path(__file__).parents[3] / "shared" / "realdata")) / "webpush"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data at {FOLDER}")


def vector(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def test_rfc_8291_appendix_a_is_reproduced_value_by_value() -> None:
    given = {name: from_base64url(value) for name, value in vector("rfc8291_appendix_a.json")["inputs"].items()}
    expected = vector("rfc8291_appendix_a.json")["expected"]
    sender = ECC.construct(curve="P-256", d=int.from_bytes(given["as_private"]))

    keys = derive(sender, given["as_public"], given["ua_public"], given["auth_secret"], given["salt"])
    body = encrypt(
        given["plaintext"], given["ua_public"], given["auth_secret"],
        sender_private=given["as_private"], salt=given["salt"],
    )

    assert public_bytes(sender) == given["as_public"]
    assert {
        "ecdh_secret": to_base64url(keys.ecdh_secret),
        "PRK_key": to_base64url(keys.prk_key),
        "IKM": to_base64url(keys.ikm),
        "PRK": to_base64url(keys.prk),
        "CEK": to_base64url(keys.content_encryption_key),
        "NONCE": to_base64url(keys.nonce),
        "ciphertext": to_base64url(body[86:]),
        "body": to_base64url(body),
    } == expected


def test_rfc_8292_example_verifies_and_ours_is_built_the_same_way() -> None:
    example = vector("rfc8292_vapid_example.json")
    signed, _, signature = example["jwt"].rpartition(".")
    public = ECC.import_key(from_base64url(example["k"]), curve_name="P-256")
    verifier = DSS.new(public, "fips-186-3", encoding="binary")
    verifier.verify(SHA256.new(signed.encode()), from_base64url(signature))

    key = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    when = datetime.fromtimestamp(example["claims"]["exp"], UTC) - vapid.TOKEN_LIFE
    ours = vapid.authorization("https://push.example.net/p/1", "mailto:push@example.com", key, when)

    token = ours.removeprefix("vapid t=").partition(", k=")[0]
    assert token.rpartition(".")[0] == signed
    assert ours.partition(", k=")[2] == vapid.public_key(key)
