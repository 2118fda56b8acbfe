"""The pieces of the story that tell of the statements by which files are put in force (see permission_probes.py)."""

from __future__ import annotations

from uuid import uuid4

from chalicelib.flows.definitions_in_force import read_in_force
from chalicelib.storage import bucket
from tests.infra.deployed_shop import eventually, shop_file
from tests.infra.stepped_shop import Probe, SteppedShop
from tests.infra.storefront_payloads import Person

BROKEN_JOURNEY = "journeys/broken.yaml"


def edited_file_is_put_in_force(steps: SteppedShop) -> None:
    """What the marketer changes is read and put in force."""
    url = f"https://{uuid4().hex}.example"
    steps.shop.upload("shop.yaml", shop_file().replace("https://shop.example", url, 1))
    steps.shop.invoke("Publish", {})
    assert read_in_force().in_force.settings.url == url


def wrong_file_is_told(steps: SteppedShop) -> None:
    """What is wrong with a file stands beside it until the file is right, or gone."""
    steps.shop.upload(BROKEN_JOURNEY, f"journey: {uuid4().hex}\n")
    steps.shop.invoke("Publish", {})
    assert any("problems" in file.key for file in bucket.list_files(BROKEN_JOURNEY))
    bucket.delete(BROKEN_JOURNEY)
    steps.shop.invoke("Publish", {})
    assert list(bucket.list_files(BROKEN_JOURNEY)) == []


def refused_file_is_mailed(steps: SteppedShop) -> None:
    """The shop is told by mail of a file that is refused."""
    author = Person("lena")
    steps.shop.upload("shop.yaml", f"{shop_file()}problems-to: {author.email}\n")
    # Another mistake each time: one that was told already is not mailed again.
    steps.shop.upload(BROKEN_JOURNEY, f"{uuid4().hex}: journey\n")
    steps.shop.invoke("Publish", {})
    # The upload has started a publishing of its own, and of the two one writes and mails.
    eventually(lambda: any(BROKEN_JOURNEY in str(mail) for mail in steps.shop.mails(author)), 10)
    bucket.delete(BROKEN_JOURNEY)
    steps.shop.upload("shop.yaml", shop_file())


PUBLISHING_PROBES: dict[tuple[str, str], Probe] = {
    ("Publish", "ReadFiles"): edited_file_is_put_in_force,
    ("Publish", "ListFiles"): edited_file_is_put_in_force,
    ("Publish", "TellWhatIsWrongWithAFile"): wrong_file_is_told,
    ("Publish", "MailWhatIsWrongWithAFile"): refused_file_is_mailed,
    ("Publish", "PutInForce"): edited_file_is_put_in_force,
}
"""The probe of each statement that publishing needs."""
