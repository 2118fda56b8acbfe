"""The pieces of the story that fail without a statement of those who look at messages and try them."""

from __future__ import annotations

from tests.infra.deployed_shop import shop_file
from tests.infra.management_probes import manage
from tests.infra.stepped_shop import Probe, SteppedShop
from tests.infra.storefront_payloads import Person

TESTER, PHONE = Person("tester"), "+79123456789"


def message_is_shown(steps: SteppedShop) -> None:
    """A message is shown as it would go out, by its own files."""
    # What it has read once it keeps.
    steps.shop.restart("APIHandler")
    shown = manage(steps, "/v1/templates/order-confirmation/preview?locale=en")
    assert shown["rendered"]["subject"]


def _may_be_tried(steps: SteppedShop) -> None:
    before = "test-addresses: [test@shop.example]"
    named = shop_file().replace(before, f'test-addresses: [{TESTER.email}, "{PHONE}"]')
    assert named != shop_file()
    steps.shop.upload("shop.yaml", named)
    steps.shop.invoke("Publish", {})
    steps.shop.restart("APIHandler")


def message_is_tried_by_mail(steps: SteppedShop) -> None:
    """A test of a message reaches whom the shop has named."""
    _may_be_tried(steps)
    before = len(steps.shop.mails(TESTER))
    manage(steps, "/v1/templates/order-confirmation/test", {"to": TESTER.email})
    assert len(steps.shop.mails(TESTER)) == before + 1


def message_is_tried_by_sms(steps: SteppedShop) -> None:
    """And so does one by SMS."""
    _may_be_tried(steps)
    assert manage(steps, "/v1/templates/inactive-code/test", {"to": PHONE})["channel"] == "sms"


TEMPLATE_PROBES: dict[tuple[str, str], Probe] = {
    ("APIHandler", "ReadTemplatesToShowThem"): message_is_shown,
    ("APIHandler", "SendTestsByMail"): message_is_tried_by_mail,
    ("APIHandler", "SendTestsBySms"): message_is_tried_by_sms,
    ("APIHandler", "PutShortLinksOfTests"): message_is_tried_by_sms,
}
"""The probe of each statement that is for looking at messages and trying them."""
