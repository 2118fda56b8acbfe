"""A preview is the message that would go out, from the files as they stand, with all that can be known before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from chalicelib.content import links
from chalicelib.content.samples import SAMPLES
from chalicelib.domain.customer import Address
from chalicelib.domain.events import Cart, Entry, Event, Line, Product
from chalicelib.errors import UnknownCustomerError, UnknownMessageError, UnknownSampleError
from chalicelib.flows.drafts import in_folder
from chalicelib.flows.preview import Previewed, Previewer, of_uploads
from chalicelib.storage import bucket, catalogue, log, messages
from tests.emulators import ROOT
from tests.flows.sending_shop import NOW, SendingShop

HELLO = "message: hello\ncategory: marketing\nchannels: [email, sms, web-push]\n"
ANNA = Address("email", "anna@customers.example")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one message, `hello`, and the shop's settings."""
    message = tmp_path / "templates" / "hello"
    message.mkdir(parents=True)
    (message / "message.yaml").write_text(HELLO)
    (message / "email.en.txt").write_text(
        "Subject: Your cart\nPreheader: It waits\n\n"
        "{{ customer|greeting }}\n\n{{ cart.url or shop.url }}\n{{ links.unsubscribe }}\n"
    )
    (message / "email.en.mjml").write_text(
        "<mjml><mj-body><mj-section><mj-column>\n<mj-text>{{ customer|greeting }} Your cart is waiting for you.\n"
        '<a href="{{ cart.url or shop.url }}">Back to it</a> '
        '<a href="{{ links.unsubscribe }}">Unsubscribe</a></mj-text>\n'
        "</mj-column></mj-section></mj-body></mjml>\n"
    )
    (message / "sms.en.txt").write_text("Your cart is waiting: {{ shop.url|short_link }} Stop {{ links.stop }}\n")
    (message / "web-push.en.txt").write_text("Title: Your cart\nLink: {{ cart.url }}\nImage:\n\nIt waits\n")
    (tmp_path / "shop.yaml").write_text(
        "url: https://weavers.example\nsender: {email: mail@weavers.example, name: Weavers}\nlocale: en\n"
        "locales: [en]\n"
    )
    (tmp_path / "prices.yaml").write_text(
        'date: 2026-11-01\nsource: test\nemail: 0.0001\npush: 0.000001\nsms:\n  RU: 0.04\n  "*": 0.05\n'
    )
    return tmp_path


def preview(folder: Path, name: str = "hello", **wanted: str) -> Previewed:
    return Previewer(in_folder(folder, NOW)).preview(name, NOW, **wanted)


def test_a_mail_is_shown_with_its_size_its_links_and_the_headers_it_would_have(folder: Path) -> None:
    shown = preview(folder)
    assert (shown.channel, shown.locale, shown.sample, shown.problems) == ("email", "en", "full", ())
    assert shown.rendered
    assert shown.rendered.subject == "Your cart"
    assert shown.size
    assert shown.size.html == len(shown.rendered.html.encode())
    assert shown.size.whole > shown.size.html
    headers = dict(shown.headers)
    assert headers["From"] == "Weavers <mail@weavers.example>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Content-Type"] == "multipart/alternative"
    assert [(link.part, link.place) for link in shown.links] == [
        ("html", "shop"), ("html", "ours"), ("text", "shop"), ("text", "ours"),
    ]
    assert shown.links[0].marks["utm_medium"] == "email"


def test_the_samples_lead_to_the_shops_own_address(folder: Path) -> None:
    """Or its own links would be taken for somebody else's, and go without marks."""
    assert preview(folder).links[0].url.startswith("https://weavers.example/cart/")


def test_what_would_make_filters_suspicious_is_remarked(folder: Path) -> None:
    (folder / "shop.yaml").write_text("url: https://weavers.example\nsender: {email: mail@elsewhere.example}\n")
    text = (folder / "templates/hello/email.en.txt").read_text()
    (folder / "templates/hello/email.en.txt").write_text(text.replace("Your cart", "YOUR CART WAITS!!", 1))
    said = {remark.code for remark in preview(folder).remarks}
    assert said == {"subject-capitals", "subject-exclamation", "sender-elsewhere"}


def test_an_sms_tells_its_parts_its_alphabet_and_its_price_by_country(folder: Path) -> None:
    (folder / "templates/hello/sms.en.txt").write_text("Ваша корзина " + "очень " * 20 + "ждёт")
    sms = preview(folder, channel="sms").sms
    assert sms
    assert (sms.alphabet, len(sms.parts)) == ("UCS-2", 3)
    assert sms.prices == {"RU": "0.12", "*": "0.15"}


def test_without_a_price_list_no_price_is_made_up(folder: Path) -> None:
    (folder / "prices.yaml").unlink()
    sms = preview(folder, channel="sms").sms
    assert sms
    assert sms.prices == {}


def test_a_push_tells_its_lengths(folder: Path) -> None:
    push = preview(folder, channel="web-push").push
    assert push
    assert (push.title, push.body, push.size) == (len("Your cart"), len("It waits"), 17)


@pytest.mark.parametrize("sample", [one.name for one in SAMPLES])
def test_every_sample_can_be_chosen(folder: Path, sample: str) -> None:
    shown = preview(folder, sample=sample)
    assert shown.rendered
    assert shown.sample == sample


def test_a_mistake_is_told_with_its_place_instead_of_the_message(folder: Path) -> None:
    (folder / "templates/hello/sms.en.txt").write_text("Stop {{ links.stop }}\n{{ customer.firstname }}\n")
    shown = preview(folder, channel="sms")
    assert shown.rendered is None
    (problem,) = {(one.file, one.line) for one in shown.problems}
    assert problem == ("templates/hello/sms.en.txt", 2)
    assert "firstname" in shown.problems[0].text
    assert preview(folder).rendered, "the mail is right"


def test_even_a_message_that_cannot_be_read_is_told(folder: Path) -> None:
    (folder / "templates/hello/message.yaml").write_text("message: hello\ncategory: marketing\nchanels: [email]\n")
    shown = preview(folder)
    assert shown.rendered is None
    assert [(one.file, one.line) for one in shown.problems] == [("templates/hello/message.yaml", 3)]
    assert {file.key.rpartition("/")[2] for file in shown.files} >= {"message.yaml", "email.en.txt"}


def test_settings_that_cannot_be_read_are_told_and_the_messages_shown(folder: Path) -> None:
    (folder / "shop.yaml").write_text("timezone: Moscow\n")
    drafts = in_folder(folder, NOW)
    assert [(problem.file, problem.line) for problem in drafts.wrong] == [("shop.yaml", 1)]
    assert Previewer(drafts).preview("hello", NOW).rendered


def test_what_there_is_not_is_said(folder: Path) -> None:
    with pytest.raises(UnknownMessageError, match="there are: hello"):
        preview(folder, "../../etc")
    with pytest.raises(UnknownSampleError, match="there are: full, bare, odd"):
        preview(folder, sample="rich")


def test_a_saved_file_is_seen_and_an_unchanged_folder_is_not_read_again(folder: Path) -> None:
    before = in_folder(folder, NOW)
    assert in_folder(folder, NOW, before) is before
    (folder / "templates/hello/sms.en.txt").write_text("Something longer than before: {{ cart.url }}\n")
    after = in_folder(folder, NOW, before)
    assert after.stamp != before.stamp
    shown = Previewer(after).preview("hello", NOW, channel="sms").rendered
    assert shown
    assert shown.text.startswith("Something longer")


def test_links_are_marked_as_those_of_the_journey_that_sends_the_message() -> None:
    shown = Previewer(in_folder(ROOT, NOW)).preview("cart-offer", NOW, channel="email")
    marks = next(link.marks for link in shown.links if link.place == "shop")
    assert (marks["utm_campaign"], marks["utm_content"]) == ("cart-abandoned", "4.1.1")


def test_the_shipped_messages_stand_in_the_order_of_their_journeys_and_none_is_left_out() -> None:
    groups = dict(in_folder(ROOT, NOW).by_journey())
    assert groups["cart-abandoned"] == ["cart-reminder", "cart-offer", "cart-last-call"]
    assert "" not in groups, "a message that no journey sends"


def upload(shop: SendingShop) -> None:
    bucket.put("templates/hello/message.yaml", HELLO.encode())
    shop.define(url="https://shop.example")


def put_into_cart(cart: str, days_ago: int) -> str:
    """Log a cart that changed so long ago; answers the reference that a message keeps of it."""
    at = NOW - timedelta(days=days_ago)
    event = Event("cart.updated", at, cart=Cart(cart, url=f"https://shop.example/{cart}"))
    entry_id = log.entry_id(at, "shopify", cart)
    log.append(Entry("c1", entry_id, at, "shopify", (event,)))
    return f"{entry_id}|0"


def test_a_customer_sees_the_cart_of_their_newest_event(shop: SendingShop) -> None:
    upload(shop)
    shop.customer(ANNA)
    put_into_cart("old", 2)
    put_into_cart("new", 1)
    shown = of_uploads(NOW).preview("hello", NOW, customer_id="c1")
    assert (shown.customer, shown.sample, shown.about) == ("c1", "", "cart.updated")
    assert shown.rendered
    assert "Анна" in shown.rendered.text
    assert "https://shop.example/new" in shown.rendered.text


def test_a_customer_who_got_the_message_sees_it_about_the_same_event(shop: SendingShop) -> None:
    upload(shop)
    shop.customer(ANNA)
    got = put_into_cart("old", 2)
    put_into_cart("new", 1)
    shop.message(event_ref=got)
    shown = of_uploads(NOW).preview("hello", NOW, customer_id="c1")
    assert shown.rendered
    assert "https://shop.example/old" in shown.rendered.text


def test_a_customer_of_whom_nothing_fits_sees_the_message_without_products(shop: SendingShop) -> None:
    upload(shop)
    shop.customer(ANNA)
    shown = of_uploads(NOW).preview("hello", NOW, customer_id="c1")
    assert shown.about == ""
    assert shown.rendered


def test_nobody_is_made_up(shop: SendingShop) -> None:
    upload(shop)
    with pytest.raises(UnknownCustomerError):
        of_uploads(NOW).preview("hello", NOW, customer_id="nobody")


def test_a_preview_writes_nothing_and_its_links_are_nobodys(shop: SendingShop) -> None:
    upload(shop)
    shop.customer(ANNA)
    shown = of_uploads(NOW).preview("hello", NOW, customer_id="c1")
    assert messages.of_customer("c1") == []
    assert list(log.history("c1")) == []
    url = next(link.url for link in shown.links if link.place == "ours")
    assert links.read(url.rpartition("/")[2], ["a key for links"], NOW).customer_id == links.NOBODY


def test_a_broken_upload_is_previewed_as_broken_while_what_is_in_force_stays(shop: SendingShop) -> None:
    upload(shop)
    bucket.put("templates/hello/sms.ru.txt", b"{{ nothing }}")
    shown = of_uploads(NOW).preview("hello", NOW, channel="sms")
    assert shown.rendered is None
    assert any(problem.file == "templates/hello/sms.ru.txt" for problem in shown.problems)


def test_lines_without_a_photo_get_it_from_the_catalogue(shop: SendingShop) -> None:
    """As when it is sent."""
    upload(shop)
    shop.customer(ANNA)
    catalogue.put(Product("p1", title="Coat", image_url="https://shop.example/coat.jpg"), NOW)
    shop.logged(Event("cart.updated", NOW, cart=Cart("c", lines=(Line("p1"),))))
    previewer = of_uploads(NOW)
    subject = previewer.subject(previewer.drafts.definition("hello"), NOW, "", "c1")
    assert subject.event
    assert subject.event.cart
    assert subject.event.cart.lines[0].image_url == "https://shop.example/coat.jpg"
    assert replace(subject.event.cart.lines[0], image_url="", title="") == Line("p1")
