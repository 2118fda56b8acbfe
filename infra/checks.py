"""What to know about an AWS account before it writes to customers: what is missing, how to mend it, its price.

Nothing here changes anything or stops a deployment: a stage may well record events while SES's review goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from infra import secret_parameters
from infra.aws import Aws

Lookup = Callable[[str, str], list[str] | None]
"""DNS: the records of a name and a type (`TXT`), empty when there are none, None when it cannot be told."""

SES_PRICE = {"NONE": "0.10", "ESSENTIALS": "0.16"}
"""$ per 1,000 mails by plan, where we know it (https://aws.amazon.com/ses/pricing/, November 2026)."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `missing` things keep messages from going out, `advice` costs or risks something."""

    state: Literal["good", "advice", "missing", "unknown"]
    subject: str
    text: str


def findings(aws: Aws, stack: str, sender: str, lookup: Lookup) -> Iterator[Finding]:
    """Look at everything, one after the other; what cannot be read is `unknown`, and says why."""
    yield from _ask("SES account", lambda: ses_account(aws.client("sesv2").get_account()))
    yield from _ask("sender", lambda: sender_identity(_identity(aws, sender), sender))
    domain = sender.rpartition("@")[2]
    yield spf(_mail_from(aws, domain), lookup)
    yield dmarc(domain, lookup)
    yield from _ask("SMS sandbox", lambda: sms_sandbox(aws.client("sns").get_sms_sandbox_account_status()))
    yield from _ask("SMS limit", lambda: sms_limit(aws.client("sns").get_sms_attributes()["attributes"]))
    yield from _ask("Lambda", lambda: concurrency(aws.client("lambda").get_account_settings()))
    yield from _ask("secrets", lambda: storefront_secrets(secret_parameters.names(aws, f"/{stack}"), stack))


def _ask(subject: str, look: Callable[[], list[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except (ClientError, BotoCoreError) as error:
        yield Finding("unknown", subject, f"cannot be looked at: {error}")


def ses_account(account: Mapping[str, Any]) -> list[Finding]:
    """Sandbox, plan and quota, from SES's GetAccount."""
    quota = account.get("SendQuota", {})
    a_day, a_second = int(quota.get("Max24HourSend", 0)), quota.get("MaxSendRate", 0)
    found = []
    if account.get("ProductionAccessEnabled"):
        found.append(Finding("good", "SES sandbox", "the account may write to anybody"))
    else:
        found.append(Finding(
            "missing", "SES sandbox",
            "the account is in the sandbox: 200 mails a day, to verified addresses only. Ask for production access "
            "in the SES console, Account dashboard (free, about a day)",
        ))
    plan = account.get("PricingAttributes", {}).get("CurrentPlan", "")
    price = SES_PRICE.get(plan)
    if plan == "NONE":
        found.append(Finding("good", "SES plan", f"none: {price} $ per 1,000 mails"))
    elif plan:
        found.append(Finding(
            "advice", "SES plan",
            f"{plan}{f', {price} $ per 1,000 mails' if price else ''} instead of {SES_PRICE['NONE']} without a plan. "
            "To leave it: aws sesv2 put-account-pricing-attributes --plan NONE (takes effect with the next month)",
        ))
    else:
        found.append(Finding(
            "unknown", "SES plan", "SES does not tell; accounts of 21 July 2026 or later start on a dearer one"
        ))
    if account.get("SendingEnabled") is False:
        found.append(Finding("missing", "SES sending", "SES has paused the account's sending; see the SES console"))
    state: Literal["good", "advice"] = "good" if a_day > 200 else "advice"
    found.append(Finding(
        state, "SES quota",
        f"{a_day:,} mails in 24 hours, {a_second:g} a second; more on request (free), and it grows with use",
    ))
    return found


def sender_identity(identity: Mapping[str, Any] | None, sender: str) -> list[Finding]:
    """Whether SES knows the sender, and signs its mail (DKIM)."""
    domain = sender.rpartition("@")[2]
    if identity is None:
        return [Finding(
            "missing", "sender",
            f"SES does not know {domain}. Deploy with --identity {domain}, then enter the three CNAME records that the "
            "SES console shows (free)",
        )]
    if not identity.get("VerifiedForSendingStatus"):
        return [Finding("missing", "sender", f"SES waits for the DNS records of {domain}; the SES console shows them")]
    dkim = identity.get("DkimAttributes", {})
    if dkim.get("SigningEnabled") and dkim.get("Status") == "SUCCESS":
        return [Finding("good", "DKIM", f"mail of {domain} is signed")]
    return [Finding(
        "missing", "DKIM",
        f"mail of {domain} is not signed; Gmail and Yahoo refuse unsigned bulk mail. Enter the CNAME records that the "
        "SES console shows (free)",
    )]


def spf(mail_from: str, lookup: Lookup) -> Finding:
    """Whether the envelope's domain allows SES to send. Without a MAIL FROM of one's own that is SES's, which does."""
    if not mail_from:
        return Finding(
            "advice", "SPF",
            "mail leaves under amazonses.com: SPF passes but is not aligned with your domain, DMARC rests on DKIM "
            "alone. A custom MAIL FROM domain in the SES console mends that (free)",
        )
    records = lookup(mail_from, "TXT")
    if records is None:
        return Finding("unknown", "SPF", f"the DNS records of {mail_from} cannot be read from here")
    if any(record.startswith("v=spf1") and "include:amazonses.com" in record for record in records):
        return Finding("good", "SPF", f"{mail_from} allows SES")
    return Finding("missing", "SPF", f'{mail_from} needs the TXT record "v=spf1 include:amazonses.com ~all" (free)')


def dmarc(domain: str, lookup: Lookup) -> Finding:
    """Whether the domain says what becomes of mail that fails both (RFC 7489); big mailboxes ask for it."""
    records = lookup(f"_dmarc.{domain}", "TXT")
    if records is None:
        return Finding("unknown", "DMARC", f"the DNS records of {domain} cannot be read from here")
    if any(record.startswith("v=DMARC1") for record in records):
        return Finding("good", "DMARC", f"{domain} has a policy")
    return Finding("missing", "DMARC", f'_dmarc.{domain} needs a TXT record, at least "v=DMARC1; p=none" (free)')


def sms_sandbox(status: Mapping[str, Any]) -> list[Finding]:
    """Whether SMS may go to anybody."""
    if not status["IsInSandbox"]:
        return [Finding("good", "SMS sandbox", "the account may write to any number")]
    text = "SMS reach verified numbers only. If you send any, leave it in the SNS console (free, about a day)"
    return [Finding("advice", "SMS sandbox", text)]


def sms_limit(attributes: Mapping[str, str]) -> list[Finding]:
    """The month's spend limit for SMS; a new account has 1 $."""
    limit = float(attributes.get("MonthlySpendLimit") or 1)
    if limit > 1:
        return [Finding("good", "SMS limit", f"{limit:g} $ a month")]
    text = f"{limit:g} $ a month, some twenty SMS; above it SNS drops them. Ask for more in the SNS console (free)"
    return [Finding("advice", "SMS limit", text)]


def concurrency(settings: Mapping[str, Any]) -> list[Finding]:
    """How many functions may run at once; a new account has 10."""
    limit = int(settings["AccountLimit"]["ConcurrentExecutions"])
    if limit >= 100:
        return [Finding("good", "Lambda", f"{limit:,} functions at once")]
    return [Finding(
        "advice", "Lambda",
        f"{limit} functions at once; ask for 1,000 in Service Quotas, Lambda, Concurrent executions (free)",
    )]


def storefront_secrets(names: list[str], stack: str) -> list[Finding]:
    """The secrets that storefronts sign their webhooks with."""
    found = []
    for path, storefront in secret_parameters.FROM_STOREFRONTS.items():
        if any(name.startswith(f"/{stack}/{path}/") for name in names):
            found.append(Finding("good", storefront, "a webhook secret is set"))
        else:
            found.append(Finding(
                "advice", storefront,
                f"no webhook secret: its webhooks are answered with 401. aws ssm put-parameter --type SecureString "
                f"--name /{stack}/{path}/1 --value … (free)",
            ))
    return found


def _identity(aws: Aws, sender: str) -> Mapping[str, Any] | None:
    """SES's identity of a sender: of the whole domain, or of the one address."""
    ses = aws.client("sesv2")
    for name in (sender.rpartition("@")[2], sender):
        try:
            identity: Mapping[str, Any] = ses.get_email_identity(EmailIdentity=name)
        except ses.exceptions.NotFoundException:
            continue
        return identity
    return None


def _mail_from(aws: Aws, domain: str) -> str:
    """The domain's own MAIL FROM, or empty."""
    try:
        identity = aws.client("sesv2").get_email_identity(EmailIdentity=domain)
    except (ClientError, BotoCoreError):
        return ""
    return str(identity.get("MailFromAttributes", {}).get("MailFromDomain", ""))


def dns_lookup(name: str, kind: str) -> list[str] | None:
    """Ask the machine's resolver; three seconds at most."""
    import dns.exception
    import dns.resolver

    resolver = dns.resolver.Resolver()
    resolver.lifetime = 3
    try:
        answer = resolver.resolve(name, kind)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        return None
    return ["".join(part.decode() for part in record.strings) for record in answer]
