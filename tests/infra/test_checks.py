"""What a deployment tells about the account: what is missing, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from infra import checks
from infra.aws import Aws
from infra.checks import Finding

SENDER = "shop@shop.example"


def states(findings: list[Finding]) -> dict[str, str]:
    return {finding.subject: finding.state for finding in findings}


def account(**changes: Any) -> dict[str, Any]:
    return {
        "ProductionAccessEnabled": True,
        "SendingEnabled": True,
        "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0},
        "PricingAttributes": {"CurrentPlan": "NONE"},
        **changes,
    }


def test_an_account_that_is_ready_is_good_throughout() -> None:
    assert set(states(checks.ses_account(account())).values()) == {"good"}


def test_the_sandbox_is_told_with_its_limit_and_the_way_out() -> None:
    [finding] = [it for it in checks.ses_account(account(ProductionAccessEnabled=False)) if it.subject == "SES sandbox"]
    assert finding.state == "missing"
    assert "200 mails a day" in finding.text
    assert "free" in finding.text


def test_a_plan_is_told_with_both_prices_and_the_command_that_leaves_it() -> None:
    attributes = {"CurrentPlan": "ESSENTIALS"}
    [finding] = [it for it in checks.ses_account(account(PricingAttributes=attributes)) if it.subject == "SES plan"]
    assert finding.state == "advice"
    assert "0.16" in finding.text
    assert "0.10" in finding.text
    assert "put-account-pricing-attributes --plan NONE" in finding.text


def test_a_plan_that_ses_does_not_tell_is_unknown_and_not_good() -> None:
    assert states(checks.ses_account(account(PricingAttributes={})))["SES plan"] == "unknown"


def test_paused_sending_is_missing() -> None:
    assert states(checks.ses_account(account(SendingEnabled=False)))["SES sending"] == "missing"


def test_a_sender_that_ses_does_not_know_is_missing() -> None:
    assert states(checks.sender_identity(None, SENDER)) == {"sender": "missing"}


def test_a_sender_whose_records_are_awaited_is_missing() -> None:
    assert states(checks.sender_identity({"VerifiedForSendingStatus": False}, SENDER)) == {"sender": "missing"}


def test_a_verified_sender_without_dkim_is_missing_dkim() -> None:
    identity = {"VerifiedForSendingStatus": True, "DkimAttributes": {"SigningEnabled": False, "Status": "NOT_STARTED"}}
    assert states(checks.sender_identity(identity, SENDER)) == {"DKIM": "missing"}


def test_a_signed_sender_is_good() -> None:
    identity = {"VerifiedForSendingStatus": True, "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"}}
    assert states(checks.sender_identity(identity, SENDER)) == {"DKIM": "good"}


def records(**known: list[str]) -> checks.Lookup:
    return lambda name, kind: known.get(name.replace(".", "_").lstrip("_"), [])


def test_spf_is_looked_for_where_the_envelope_comes_from() -> None:
    lookup = records(bounce_shop_example=["v=spf1 include:amazonses.com ~all"])
    assert checks.spf("bounce.shop.example", lookup).state == "good"
    assert checks.spf("other.shop.example", lookup).state == "missing"


def test_without_a_mail_from_of_its_own_spf_passes_unaligned() -> None:
    assert checks.spf("", records()).state == "advice"


def test_dmarc_is_looked_for_at_its_own_name() -> None:
    assert checks.dmarc("shop.example", records(dmarc_shop_example=["v=DMARC1; p=none"])).state == "good"
    assert checks.dmarc("shop.example", records()).state == "missing"


def test_without_a_network_dns_is_unknown_and_nothing_fails() -> None:
    assert checks.dmarc("shop.example", lambda name, kind: None).state == "unknown"
    assert checks.spf("bounce.shop.example", lambda name, kind: None).state == "unknown"


def test_the_limit_on_sms_is_told_before_it_is_reached() -> None:
    assert states(checks.sms_limit({"MonthlySpendLimit": "1"})) == {"SMS limit": "advice"}
    assert states(checks.sms_limit({})) == {"SMS limit": "advice"}
    assert states(checks.sms_limit({"MonthlySpendLimit": "100"})) == {"SMS limit": "good"}


def test_the_sandbox_of_sms_is_told() -> None:
    assert states(checks.sms_sandbox({"IsInSandbox": True})) == {"SMS sandbox": "advice"}
    assert states(checks.sms_sandbox({"IsInSandbox": False})) == {"SMS sandbox": "good"}


def test_ten_functions_at_once_are_few() -> None:
    assert states(checks.concurrency({"AccountLimit": {"ConcurrentExecutions": 10}})) == {"Lambda": "advice"}
    assert states(checks.concurrency({"AccountLimit": {"ConcurrentExecutions": 1000}})) == {"Lambda": "good"}


def test_a_storefront_without_a_secret_is_named_with_the_command_that_sets_it() -> None:
    shopify, woocommerce = checks.storefront_secrets(["/selvedge-test/hooks/shopify/1"], "selvedge-test")
    assert (shopify.state, woocommerce.state) == ("good", "advice")
    assert "--name /selvedge-test/hooks/woocommerce/1" in woocommerce.text


@pytest.mark.ministack
def test_every_check_answers_on_an_account_and_what_cannot_be_read_says_so(ministack: str, stack: str) -> None:
    found = list(checks.findings(Aws(endpoint=ministack), stack, SENDER, lambda name, kind: None))
    subjects = {"SES sandbox", "SES plan", "SES quota", "sender", "SPF", "DMARC", "SMS limit", "Lambda", "Shopify"}
    assert subjects <= set(states(found))
    assert states(found)["sender"] == "missing"
    assert all(finding.text for finding in found)
