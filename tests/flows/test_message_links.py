"""The links of a message on its way out: short ones in SMS, redirects of our own, and the arm of an experiment."""

from __future__ import annotations

import email
import email.policy
import re
from typing import Any

from botocore.exceptions import ClientError
from msgspec.structs import replace

from chalicelib.content import links
from chalicelib.domain.journeys import END, Arm, End, Journey, Send, Split, version_of
from chalicelib.domain.messages import Status
from chalicelib.flows import definitions_in_force
from chalicelib.flows.definitions_in_force import put_in_force, read_in_force
from chalicelib.flows.deliver import deliver
from chalicelib.flows.shown_again import shown_again
from chalicelib.storage import bucket, short_links, tables
from tests.flows.failing_calls import failing, play
from tests.flows.sending_shop import MAIL, NOW, PHONE, WELCOME, SendingShop, later

BASE = "https://api.shop.example"
"""Where the public pages are: below the shop's own host, and no part of the shop."""
SMS = "Пальто {{ 'https://shop.example/coat'|short_link }}{% if cart %} {{ cart.url|short_link }}{% endif %}"
THROTTLED = ClientError({"Error": {"Code": "Throttling"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Publish")


def use(shop: SendingShop, text: str, variant: str = "sms.ru.txt", **settings: Any) -> None:
    """Change a variant of the message `hello` and put it in force, under these settings."""
    bucket.put(f"templates/hello/{variant}", text.encode())
    shop.define(**settings)


def on_record() -> dict[str, str]:
    """The short links on record: where they lead, by their codes."""
    return {item["k"]["S"]: item["u"]["S"] for item in tables.Links.scan_all(None, ["k", "u"])}


def html_of(mail: Any) -> str:
    parsed = email.message_from_string(mail.raw_data, policy=email.policy.default)
    part = parsed.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_a_short_link_in_an_sms_is_on_record_before_it_leaves(shop: SendingShop) -> None:
    use(shop, SMS)
    shop.customer(PHONE)

    deliver(shop.message(channels=("sms",)), NOW)

    ((_, text),) = shop.texts
    (code,) = re.findall(rf"{BASE}/l/([0-9A-Za-z]{{11}})", text)
    marked = "https://shop.example/coat?utm_source=selvedge&utm_medium=sms&utm_campaign=welcome&utm_content=1"
    assert on_record() == {code: marked}
    link = short_links.read(code)
    assert link
    assert (link.customer_id, link.message_id, link.channel, link.made_at) == ("c1", "m1", "sms", NOW)
    assert link.expires_at == NOW + links.VALID["click"]


def test_the_way_to_stop_is_short_too_where_the_text_shows_it(shop: SendingShop) -> None:
    use(shop, "Скидка! Стоп: {{ links.stop }}")
    shop.customer(PHONE)

    deliver(shop.message(channels=("sms",)), NOW)

    ((_, text),) = shop.texts
    (code,) = re.findall(rf"Стоп: {BASE}/l/(\w{{11}})", text)
    assert on_record() == {code: ""}


def test_an_sms_tried_again_carries_the_same_links(shop: SendingShop) -> None:
    use(shop, f"{SMS} {{{{ links.stop }}}}")
    shop.customer(PHONE)
    message = shop.message(channels=("sms",))

    with failing("before-call.sns.Publish", THROTTLED, times=1):
        deliver(message, NOW)
    assert shop.found().status is Status.RETRYING
    codes = set(on_record())
    play(shop, message, NOW)

    ((_, text),) = shop.texts
    assert set(on_record()) == codes == set(re.findall(r"/l/(\w{11})", text))


def test_a_message_that_does_not_go_out_puts_no_links_on_record(shop: SendingShop) -> None:
    use(shop, SMS, budget="0.001")
    shop.customer(PHONE)

    deliver(shop.message(channels=("sms",)), NOW)

    assert shop.found().status is Status.SKIPPED
    assert on_record() == {}


def test_an_sms_without_short_links_and_a_mail_write_nothing_more(shop: SendingShop) -> None:
    shop.customer(MAIL, PHONE)

    deliver(shop.message(channels=("sms",)), NOW)
    deliver(shop.message(channels=("email",), message_id="m2"), NOW)

    assert (len(shop.texts), len(shop.mails)) == (1, 1)
    assert on_record() == {}


MJML = (
    '<mjml><mj-body><mj-section><mj-column><mj-text><a href="https://shop.example/coat?size=M">coat</a> '
    '<a href="https://other.example/">o</a> <a href="{{ links.unsubscribe }}">x</a>'
    "</mj-text></mj-column></mj-section></mj-body></mjml>"
)


def test_ses_counts_the_clicks_in_mail_but_for_those_on_the_public_pages(shop: SendingShop) -> None:
    use(shop, MJML, "email.ru.mjml")
    shop.customer(MAIL)

    deliver(shop.message(), NOW)

    (mail,) = shop.mails
    html = html_of(mail)
    assert '<a href="https://shop.example/coat?size=M&amp;utm_source=selvedge&amp;utm_medium=email' in html
    assert html.count("ses:no-track") == 1
    assert f'ses:no-track href="{BASE}/u/' in html


def test_a_shop_that_counts_clicks_itself_leads_its_links_over_its_own_address(shop: SendingShop) -> None:
    use(shop, MJML, "email.ru.mjml", clicks="own")
    shop.customer(MAIL)

    deliver(shop.message(event_ref=shop.cart_entry()), NOW)

    (mail,) = shop.mails
    html = html_of(mail)
    (token,) = re.findall(rf'<a ses:no-track href="{BASE}/r/([^"]+)">coat</a>', html)
    link = links.read(token, ["a key for links"], later(days=399))
    assert (link.purpose, link.customer_id, link.message_id, link.channel) == ("click", "c1", "m1", "email")
    (url,) = link.about
    assert url.startswith("https://shop.example/coat?size=M&utm_source=selvedge&")
    assert '<a href="https://other.example/">o</a>' in html
    parsed = email.message_from_string(mail.raw_data, policy=email.policy.default)
    plain = parsed.get_body(("plain",))
    assert plain is not None
    assert "https://shop.example/cart/k1?utm_source" in plain.get_content()
    assert shown_again("c1", "m1").rendered.html in html  # its links are made again as they were


def test_a_step_of_an_experiment_names_its_arm_in_its_links(shop: SendingShop) -> None:
    """Also of a version that is no longer in force."""
    tried = Journey(
        name="welcome", trigger=WELCOME.trigger, first="1", steps={
            "1": Split("letters", (Arm("short", 5000, "1.1.1"), Arm("long", 5000, "1.2.1"))),
            "1.1.1": Send("hello", END), "1.2.1": Send("hello", END), END: End(),
        },
    )
    use(shop, SMS)
    kept = read_in_force()
    assert put_in_force(replace(kept.in_force, journeys=(tried,)), kept)
    kept = read_in_force()
    assert put_in_force(replace(kept.in_force, journeys=(WELCOME,)), kept)
    definitions_in_force.forget()
    shop.customer(PHONE)

    deliver(shop.message(channels=("sms",), version=version_of(tried), step="1.2.1"), NOW)

    assert [url.rpartition("utm_content=")[2] for url in on_record().values()] == ["1.2.1.long"]
