"""Any message that was sent can be shown again exactly, whatever has changed since; or it is said why it cannot be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib import clock
from chalicelib.domain.brand import LIGHT, Brand
from chalicelib.domain.customer import Address, Customer, Loyalty, Profile
from chalicelib.domain.events import Cart, Event, Line, Product
from chalicelib.domain.messages import WEBHOOK, CodeOffer, Message, Status
from chalicelib.errors import CannotShowError, MessageMissingError
from chalicelib.flows import editions
from chalicelib.flows.deliver import deliver
from chalicelib.flows.shown_again import shown_again
from chalicelib.storage import bucket, catalogue, clients
from chalicelib.storage import shop as shop_table
from tests.flows.failing_calls import failing, lost_answer
from tests.flows.sending_shop import MAIL, NOW, PHONE, TEMPLATES, SendingShop, later

COAT = Product(
    "coat", title="Пальто из шерсти", image_url="https://cdn.shop.example/coat.jpg", url="https://shop.example/coat",
    price=Decimal(15990), currency="RUB", stock=3,
)
SCARF = Product(
    "scarf", title="Шарф из альпаки", image_url="https://cdn.shop.example/scarf.jpg", price=Decimal(3490), stock=2,
)
EVERYTHING_READ = """Subject: Привет, {{ customer.first_name }}
Preheader: {{ shop.name }}

{{ customer|greeting }} {{ customer.city }} {{ customer.email }} {{ locale }} {{ now|moment }}
{% for line in cart.lines %}{{ line.title }} {{ line.image_url }} {{ line.url }}
{% endfor %}
{% if points %}{{ points.balance }}{% endif %} {% if code %}{{ code.value }} {{ code.expires_at|moment }}{% endif %}
{% for seen in recommendations("last-viewed", 2) %}{{ seen.title }} {{ seen.price }}{% endfor %}
{{ brand.light.accent }} {{ links.unsubscribe }}
"""


@pytest.fixture
def dressed(shop: SendingShop) -> SendingShop:
    """The shop with a mail that shows all there is: profile, catalogue, points, code, brand, links."""
    bucket.put("templates/hello/email.ru.txt", EVERYTHING_READ.encode())
    shop.define(brand=Brand(name={"": "Ткачи"}, light=replace(LIGHT, accent="#1d1d1f")))
    catalogue.put(COAT, NOW)
    catalogue.put(SCARF, NOW)
    return shop


def anna(shop: SendingShop, *addresses: Address) -> Customer:
    customer = shop.customer(*(addresses or (MAIL,)))
    return shop.customer(profile=replace(
        customer.profile, last_name="Ковалёва", city="Казань", loyalty=Loyalty(450, "gold"), viewed=("scarf",),
    ))


def cart(shop: SendingShop) -> str:
    lines = (Line("coat", quantity=1, price=Decimal(15990)), Line("unknown", title="Шарф"))
    return shop.logged(Event("cart.updated", NOW, cart=Cart("k1", lines=lines, url="https://shop.example/cart/k1")))


def send(shop: SendingShop, **fields: Any) -> Message:
    message = shop.message(**({"event_ref": cart(shop), "code": CodeOffer("10 %", 172800)} | fields))
    deliver(message, later(seconds=2))
    return shop.found()


def change_everything(shop: SendingShop) -> None:
    """Templates, brand, settings, catalogue and the customer are not what they were."""
    for name in ("email.ru.txt", "email.ru.mjml"):
        bucket.put(f"templates/hello/{name}", b"Subject: Other\n\nother words")
    shop.define(
        brand=Brand(name={"": "Other"}, light=replace(LIGHT, accent="#0000ff")), url="https://other.example",
        sender_name="Other", sender_email="other@shop.example", time_zone="Asia/Tokyo",
    )
    for product in (COAT, SCARF):
        other = replace(product, title="Other", image_url="https://cdn.shop.example/other.jpg", stock=0)
        catalogue.put(other, later(days=1))
    shop.customer(profile=Profile(
        first_name="Other", city="Other", locale="en", time_zone="Asia/Tokyo",
        addresses=(Address("email", "other@example.com"),),
    ), now=later(days=1))


def ten_minutes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are read again every five."""
    now = clock.now().timestamp()
    monkeypatch.setenv("SELVEDGE_CLOCK", f"{now},1,{now + 600}")


def test_a_mail_is_shown_as_ses_got_it_whatever_has_changed_since(dressed: SendingShop) -> None:
    anna(dressed)
    send(dressed)
    (sent,) = dressed.mails
    change_everything(dressed)

    shown = shown_again("c1", "m1")

    assert shown.mail == sent.raw_data
    for words in (
        "Здравствуйте, Анна!", "Казань", "anna@example.com", "Пальто из шерсти", "coat.jpg", "450", "#1d1d1f",
        "Шарф из альпаки 3",
    ):
        assert words in shown.rendered.text
    assert shown.rendered.subject == "Привет, Анна"


def test_what_is_kept_of_an_ordinary_message_fits_its_kilobyte(dressed: SendingShop) -> None:
    """A write unit is 1 KB of the whole item."""
    anna(dressed)
    send(dressed)

    item = clients.client("dynamodb").get_item(
        TableName=f"{dressed.stack}-messages", Key={"c": {"S": "c1"}, "m": {"S": "m1"}},
    )["Item"]
    assert len(item["mk"]["B"]) < 300


def test_a_message_by_sms_is_shown_too(dressed: SendingShop) -> None:
    anna(dressed, PHONE)
    send(dressed, channels=("sms",))
    change_everything(dressed)

    shown = shown_again("c1", "m1")
    assert [(PHONE.value, shown.rendered.text)] == dressed.texts
    assert shown.mail == ""


def test_short_links_and_links_that_we_count_come_out_the_same(dressed: SendingShop) -> None:
    bucket.put("templates/hello/sms.ru.txt", b'{{ "https://shop.example/coat"|short_link }} {{ links.stop }}')
    mail = TEMPLATES["hello/email.ru.mjml"].replace("Привет", '<a href="https://shop.example/coat">Пальто</a>')
    bucket.put("templates/hello/email.ru.mjml", mail.encode())
    dressed.define(clicks="own")
    anna(dressed, PHONE)
    send(dressed, channels=("sms",))
    dressed.customer(MAIL, customer_id="c2")
    deliver(dressed.message(customer_id="c2", message_id="m2", event_ref=dressed.cart_entry("c2")), later(seconds=2))
    change_everything(dressed)

    text = shown_again("c1", "m1").rendered.text
    assert [(PHONE.value, text)] == dressed.texts
    assert text.count("https://api.shop.example/l/") == 2
    shown = shown_again("c2", "m2")
    assert shown.mail == dressed.mails[0].raw_data
    assert "https://api.shop.example/r/" in shown.rendered.html


def test_a_message_of_somebody_merged_since_is_shown(dressed: SendingShop) -> None:
    anna(dressed)
    send(dressed)
    dressed.customer(customer_id="c2", absorbed=("c1",))
    dressed.customer(forwarded_to="c2", now=later(days=1))

    assert shown_again("c1", "m1").mail == dressed.mails[0].raw_data


def test_a_key_that_is_rotated_but_valid_still_shows_the_mail(
    dressed: SendingShop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna(dressed)
    send(dressed)
    clients.client("ssm").put_parameter(
        Name=f"/{dressed.stack}/link-keys/2", Value="a newer key", Type="SecureString",
    )
    ten_minutes_later(monkeypatch)

    assert shown_again("c1", "m1").mail == dressed.mails[0].raw_data


def test_a_mail_whose_key_is_gone_is_not_shown_with_other_links(
    dressed: SendingShop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna(dressed)
    send(dressed)
    clients.client("ssm").put_parameter(
        Name=f"/{dressed.stack}/link-keys/1", Value="another key", Type="SecureString", Overwrite=True,
    )
    ten_minutes_later(monkeypatch)

    with pytest.raises(CannotShowError, match="not among the link-keys any more"):
        shown_again("c1", "m1")


def test_what_a_person_who_is_to_be_forgotten_got_is_not_shown(dressed: SendingShop) -> None:
    customer = anna(dressed)
    send(dressed)
    dressed.customer(profile=replace(customer.profile, redaction_requested_at=later(days=1)))

    with pytest.raises(CannotShowError, match="asked to be forgotten"):
        shown_again("c1", "m1")


def test_a_message_about_what_the_log_has_lost_is_not_shown(dressed: SendingShop) -> None:
    anna(dressed)
    sent = send(dressed)
    clients.client("dynamodb").delete_item(
        TableName=f"{dressed.stack}-events", Key={"c": {"S": "c1"}, "e": {"S": sent.event_ref.rpartition("|")[0]}},
    )

    with pytest.raises(CannotShowError, match="not in the log any more"):
        shown_again("c1", "m1")


def test_a_message_of_which_a_version_was_purged_says_so(dressed: SendingShop) -> None:
    anna(dressed)
    version = send(dressed).template_version.partition("/")[0]
    clients.client("s3").delete_object(
        Bucket=f"{dressed.stack}-files", Key="templates/hello/email.ru.txt", VersionId=version,
    )
    editions.forget()

    with pytest.raises(CannotShowError, match=f"its version {version} is not in the bucket any more"):
        shown_again("c1", "m1")


def test_a_message_whose_edition_is_gone_says_so(dressed: SendingShop) -> None:
    anna(dressed)
    edition = send(dressed).template_version.partition("/")[2]
    shop_table.delete("edition", edition)
    editions.forget()

    with pytest.raises(CannotShowError, match=f"there is no edition '{edition}'"):
        shown_again("c1", "m1")


def test_what_was_never_sent_has_nothing_to_show(dressed: SendingShop) -> None:
    dressed.customer(MAIL, consents=())
    send(dressed)
    with pytest.raises(CannotShowError, match=r"its status is skipped \(no-consent\)"):
        shown_again("c1", "m1")

    dressed.message(message_id="m2", name=WEBHOOK, channels=(WEBHOOK,), url="https://crm.example/hook")
    with pytest.raises(CannotShowError, match="another system was called"):
        shown_again("c1", "m2")
    with pytest.raises(MessageMissingError, match="there is no message 'm3'"):
        shown_again("c1", "m3")


def test_a_mail_that_may_have_gone_out_is_shown_as_well(dressed: SendingShop) -> None:
    """Nobody knows whether it arrived, but everybody what it said."""
    anna(dressed)
    with failing("after-call.sesv2.SendEmail", lost_answer()):
        assert send(dressed).status is Status.UNKNOWN

    assert shown_again("c1", "m1").mail == dressed.mails[0].raw_data
