"""The timeline answers what happened, what was sent, what was not and why, in the customer's own time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.console.pages import Frame
from chalicelib.console.timeline import money, render_customer, render_customers
from chalicelib.console.wording import EVENTS, LANGUAGES, REASONS, STATUSES, Wording, language_of
from chalicelib.domain.customer import Address, Consent, Customer, Profile, Run, Visit
from chalicelib.domain.events import Attributes, Cart, Entry, Event, Line, Order
from chalicelib.domain.messages import Message, Reason, Status
from chalicelib.domain.shop import ShopSettings
from chalicelib.domain.vocabulary import EVENT_PARTS
from chalicelib.flows.timeline import Timeline

NOON = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = ShopSettings()


def entry(*events: Event, at: datetime = NOON) -> Entry:
    return Entry("c1", f"{at.isoformat()}#shopify#{len(events)}", at, "shopify", events)


def message(status: Status, **fields: object) -> Message:
    known = {
        "customer_id": "c1",
        "message_id": "m1",
        "name": "cart-reminder",
        "category": "marketing",
        "topic": "news",
        "journey": "cart-abandoned",
        "version": "0123456789abcdef",
        "run_key": "k",
        "entry": 1,
        "step": "2",
        "decided_at": NOON,
        "status": status,
    }
    return Message(**(known | fields))  # type: ignore[arg-type]


def page(timeline: Timeline, language: str = "en", *, technical: bool = False) -> str:
    return render_customer(timeline, Frame(Wording(language)), SETTINGS, technical=technical)


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_times_are_those_of_the_customer() -> None:
    customer = Customer("c1", Profile(time_zone="Asia/Vladivostok"))
    shown = text(page(Timeline(customer, (entry(Event("cart.updated", NOON, cart=Cart("k"))),), ())))
    assert "19:00" in shown
    assert "12:00" in text(page(Timeline(Customer("c1"), (entry(Event("cart.updated", NOON, cart=Cart("k"))),), ())))


def test_a_message_that_was_not_sent_says_why() -> None:
    shown = text(page(Timeline(Customer("c1"), (), (message(Status.SKIPPED, reason="no-consent"),))))
    assert "not sent" in shown
    assert "no consent for this channel and topic" in shown


def test_a_message_that_was_sent_says_how_and_what_came_of_it() -> None:
    sent = message(
        Status.SENT, channel="email", sent_at=NOON, cost="0.0001", opened_at=NOON + timedelta(hours=1), bounced=""
    )
    shown = text(page(Timeline(Customer("c1"), (), (sent,))))
    assert all(word in shown for word in ("sent", "Email", "$0.0001", "opened 13:00", "cart-abandoned"))


def test_a_message_put_off_says_until_when() -> None:
    held = message(Status.DEFERRED, reason="quiet-hours-drop", deferred_until=NOON + timedelta(hours=12))
    assert "until Tue 3 Mar 2026, 00:00" in text(page(Timeline(Customer("c1"), (), (held,))))


def test_where_the_customer_stands_and_when_it_goes_on() -> None:
    run = Run("welcome", "", 1, "v", "2.1", NOON, NOON, wake_at=NOON + timedelta(days=3))
    shown = text(page(Timeline(Customer("c1", runs=(run,), visits=(Visit("welcome", 2, NOON),)), (), ())))
    assert "stands at 2.1" in shown
    assert "goes on: Thu 5 Mar 2026, 12:00" in shown
    assert "2 times" in shown


def test_the_newest_stands_first() -> None:
    entries = (
        entry(Event("cart.updated", NOON, cart=Cart("k", total=Decimal(100)))),
        entry(Event("order.placed", NOON + timedelta(hours=1), order=Order("o", total=Decimal(100)))),
    )
    shown = text(page(Timeline(Customer("c1"), entries, ())))
    assert shown.index("Ordered") < shown.index("Changed the cart")


def test_a_fact_that_a_storefront_repeats_is_shown_once() -> None:
    order = Event("order.placed", NOON, order=Order("o", number="1001"))
    profile = Event("customer.updated", NOON, customer=Attributes(first_name="Anna"))
    entries = (entry(order, profile), entry(profile, order, at=NOON + timedelta(hours=1)))
    shown = page(Timeline(Customer("c1"), entries, ()))
    assert (shown.count("Ordered"), shown.count("Profile updated")) == (1, 1)
    assert page(Timeline(Customer("c1"), entries, ()), technical=True).count("Ordered") == 2


def test_timers_and_feedback_show_only_when_asked_for() -> None:
    timeline = Timeline(Customer("c1"), (entry(Event("timer.due", NOON), Event("message.opened", NOON)),), ())
    assert "Timer went off" not in page(timeline)
    assert "Timer went off" in page(timeline, technical=True)
    assert "Opened a message" in page(timeline, technical=True)


def test_lines_without_a_picture_get_the_catalogues() -> None:
    cart = Cart("k", lines=(Line("p1", "v1", title="Coat"), Line("p2", title="Scarf")))
    timeline = Timeline(
        Customer("c1"),
        (entry(Event("cart.updated", NOON, cart=cart)),),
        (),
        {("p1", "v1"): "https://shop.example/coat.jpg"},
    )
    shown = page(timeline)
    assert 'src="https://shop.example/coat.jpg" alt="Coat"' in shown
    assert "Scarf" in shown


def test_what_people_wrote_stays_text() -> None:
    profile = Profile(first_name="<script>alert(1)</script>", addresses=(Address("email", "a@example.com"),))
    cart = Cart("k", lines=(Line("p", title='"><img src=x onerror=alert(1)>'),))
    shown = page(Timeline(Customer("c1", profile), (entry(Event("cart.updated", NOON, cart=cart)),), ()))
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_consents_and_dead_addresses_are_told() -> None:
    profile = Profile(
        addresses=(Address("email", "a@example.com", suppressed="hard bounce"),),
        consents=(Consent("email", "*", True, NOON), Consent("sms", "news", False, NOON)),
    )
    shown = text(page(Timeline(Customer("c1", profile), (), ())))
    assert "nothing goes there: hard bounce" in shown
    assert "given Email, all topics" in shown
    assert "withdrawn SMS, news" in shown


def test_a_merged_profile_leads_to_the_one_that_took_it_in() -> None:
    assert 'href="/customers/c2"' in page(Timeline(Customer("c1", forwarded_to="c2"), (), ()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_pages_teach(language: str) -> None:
    frame = Frame(Wording(language))
    assert frame.words("nobody-yet-help") in render_customers([], frame, SETTINGS)
    assert frame.words("nobody-found") in render_customers([], frame, SETTINGS, query="x")
    assert frame.words("timeline-empty") in page(Timeline(Customer("c1"), (), ()), language)


def test_the_list_names_people_by_what_is_known() -> None:
    people = [
        Customer("c1", Profile(first_name="Anna", addresses=(Address("email", "a@example.com"),)), now=NOON),
        Customer("c2", now=NOON),
    ]
    shown = text(render_customers(people, Frame(Wording("en")), SETTINGS))
    assert "Anna a@example.com" in shown
    assert "Unnamed visitor" in shown


def test_every_status_reason_and_event_has_words() -> None:
    assert set(STATUSES) == {str(status) for status in Status}
    assert set(REASONS) == {str(reason) for reason in Reason}
    spoken = {
        name for name, part in EVENT_PARTS.items() if part in ("cart", "checkout", "order", "consent", "endpoint")
    }
    assert spoken - set(EVENTS) == {"order.deleted"}


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "language"),
    [
        ("ru", "en", "en", "ru"),
        (None, "ru", "en", "ru"),
        (None, None, "de;q=0.9, ru-RU;q=0.8, en;q=0.7", "ru"),
        ("xx", None, None, "en"),
        (None, None, "ru;q=x", "ru"),
        (None, None, "", "en"),
    ],
)
def test_the_language_asked_for_wins(
    asked: str | None, remembered: str | None, accepted: str | None, language: str
) -> None:
    assert language_of(asked, remembered, accepted) == language


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (Decimal("7990"), "RUB", "7\u202f990\u202f₽"),
        (Decimal("7990.00"), "RUB", "7\u202f990\u202f₽"),
        (Decimal("19.9"), "USD", "19.90\u202f$"),
        (Decimal("1234567.5"), "KZT", "1\u202f234\u202f567.50\u202fKZT"),
    ],
)
def test_money(amount: Decimal, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown
