"""Welcome, carts and orders, in force together: events and times, and exactly what is sent."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from chalicelib.domain.customer import Customer, OrderTotals
from chalicelib.domain.events import Entry, Event, Feedback, Order
from tests.definitions.shipped import BERLIN, NEW_YORK, OMSK, Row, filled, order, rows, signed_up, together
from tests.domain.stories import MOSCOW, agreed, anna, at, emptied, message_told, played, story, told

THE_FIRST_THREE = together("welcome", "cart-abandoned", "order-updates")


def came(*entries: Entry, customer: Customer | None = None, zone: ZoneInfo = MOSCOW) -> list[str]:
    """What was sent or skipped, without what was only put off."""
    return [row for row in story(THE_FIRST_THREE, *entries, customer=customer, zone=zone) if " held until " not in row]


HARD_BOUNCE = told(
    "03-01 12:00",
    Event("message.bounced", at("03-01 12:00"), message=Feedback(channel="email", kind="hard")),
)
REMINDER, OFFER, LAST_CALL = "cart-reminder by email", "cart-offer by email", "cart-last-call by email"

CARTS = [
    Row(
        "left at noon",
        [filled("03-02 12:00")],
        None,
        MOSCOW,
        [f"03-02 13:00 {REMINDER}", f"03-03 13:00 {OFFER}", f"03-06 13:00 {LAST_CALL}"],
    ),
    Row(
        "left late in the customer's evening",
        [filled("03-02 21:30", OMSK)],
        anna(time_zone="Asia/Omsk"),
        OMSK,
        [f"03-03 09:00 {REMINDER}", f"03-04 09:00 {OFFER}", f"03-07 09:00 {LAST_CALL}"],
    ),
    Row(
        "left at 20:59, an hour before the quiet ones",
        [filled("03-02 20:59")],
        None,
        MOSCOW,
        [f"03-02 21:59 {REMINDER}", f"03-03 21:59 {OFFER}", f"03-06 21:59 {LAST_CALL}"],
    ),
    Row(
        "left at 21:00, just too late",
        [filled("03-02 21:00")],
        None,
        MOSCOW,
        [f"03-03 09:00 {REMINDER}", f"03-04 09:00 {OFFER}", f"03-07 09:00 {LAST_CALL}"],
    ),
    Row(
        "left the day before the clocks go forward",
        [filled("03-28 12:00", BERLIN)],
        anna(country="DE"),
        BERLIN,
        [f"03-28 13:00 {REMINDER}", f"03-29 14:00 {OFFER}", f"04-01 14:00 {LAST_CALL}"],
    ),
    Row(
        "left the day before the clocks go back",
        [filled("10-31 20:30", NEW_YORK)],
        anna(time_zone="America/New_York"),
        NEW_YORK,
        [f"10-31 21:30 {REMINDER}", f"11-01 20:30 {OFFER}", f"11-04 20:30 {LAST_CALL}"],
    ),
    Row(
        "ordered before the reminder",
        [filled("03-02 12:00"), order("03-02 12:59")],
        None,
        MOSCOW,
        ["03-02 12:59 order-confirmation by email"],
    ),
    Row(
        "ordered between the offers",
        [filled("03-02 12:00"), order("03-05 10:00")],
        None,
        MOSCOW,
        [f"03-02 13:00 {REMINDER}", f"03-03 13:00 {OFFER}", "03-05 10:00 order-confirmation by email"],
    ),
    Row(
        "ordered in the night before the held reminder",
        [filled("03-02 22:30"), order("03-03 08:59")],
        None,
        MOSCOW,
        ["03-03 08:59 cart-reminder skipped: expired", "03-03 08:59 order-confirmation by email"],
    ),
    Row(
        "emptied after the reminder",
        [filled("03-02 12:00"), emptied("03-02 14:00")],
        None,
        MOSCOW,
        [f"03-02 13:00 {REMINDER}"],
    ),
    Row(
        "another cart emptied",
        [filled("03-02 12:00"), emptied("03-02 14:00", "c9")],
        None,
        MOSCOW,
        [f"03-02 13:00 {REMINDER}", f"03-03 13:00 {OFFER}", f"03-06 13:00 {LAST_CALL}"],
    ),
    Row(
        "still choosing",
        [filled("03-02 12:00"), filled("03-02 12:30"), filled("03-02 13:20")],
        None,
        MOSCOW,
        [f"03-02 14:20 {REMINDER}", f"03-03 14:20 {OFFER}", f"03-06 14:20 {LAST_CALL}"],
    ),
    Row(
        "changed after the reminder, which moves nothing",
        [filled("03-02 12:00"), filled("03-02 18:00")],
        None,
        MOSCOW,
        [f"03-02 13:00 {REMINDER}", f"03-03 13:00 {OFFER}", f"03-06 13:00 {LAST_CALL}"],
    ),
    Row("an empty cart is none", [filled("03-02 12:00", total=0)], None, MOSCOW, []),
    Row(
        "never agreed to mail",
        [filled("03-02 12:00")],
        anna(consents=[]),
        MOSCOW,
        [
            "03-02 13:00 cart-reminder skipped: no-consent",
            "03-03 13:00 cart-offer skipped: no-consent",
            "03-06 13:00 cart-last-call skipped: no-consent",
        ],
    ),
    Row(
        "complained after the reminder",
        [filled("03-02 12:00"), message_told("03-02 15:00", "complained", channel="email")],
        None,
        MOSCOW,
        [
            f"03-02 13:00 {REMINDER}",
            "03-03 13:00 cart-offer skipped: suppressed",
            "03-06 13:00 cart-last-call skipped: suppressed",
        ],
    ),
    Row(
        "agreed to push: the last call goes there first",
        [filled("03-02 12:00")],
        anna("email", "push", "web-push"),
        MOSCOW,
        [f"03-02 13:00 {REMINDER}", f"03-03 13:00 {OFFER}", "03-06 13:00 cart-last-call by push, web-push, email"],
    ),
    Row(
        "a phone alone is no way to remind",
        [filled("03-02 12:00")],
        anna("sms"),
        MOSCOW,
        [
            "03-02 13:00 cart-reminder skipped: no-channel",
            "03-03 13:00 cart-offer skipped: no-channel",
            "03-06 13:00 cart-last-call skipped: no-channel",
        ],
    ),
    Row(
        "two carts share the day's one mail",
        [
            filled("03-02 12:00"),
            emptied("03-02 14:00"),
            filled("03-10 12:00", cart_id="c2"),
            filled("03-10 12:10", cart_id="c3"),
            order("03-10 15:00"),
        ],
        None,
        MOSCOW,
        [f"03-02 13:00 {REMINDER}", f"03-10 13:00 {REMINDER}", "03-10 15:00 order-confirmation by email"],
    ),
]

WEEK = [
    "03-02 12:00 welcome-thanks by email",
    "03-05 11:00 welcome-bestsellers by email",
    "03-09 11:00 welcome-reviews by email",
]
WELCOMES = [
    Row("signed up at noon", [signed_up("03-02 12:00")], None, MOSCOW, WEEK),
    Row(
        "signed up after midnight",
        [signed_up("03-03 00:30")],
        None,
        MOSCOW,
        [
            "03-03 09:00 welcome-thanks by email",
            "03-06 11:00 welcome-bestsellers by email",
            "03-10 11:00 welcome-reviews by email",
        ],
    ),
    Row("on another clock", [signed_up("03-02 12:00", OMSK)], anna(time_zone="Asia/Omsk"), OMSK, WEEK),
    Row(
        "over the change of clocks",
        [signed_up("03-27 12:00", BERLIN)],
        anna(time_zone="Europe/Berlin"),
        BERLIN,
        [
            "03-27 12:00 welcome-thanks by email",
            "03-30 11:00 welcome-bestsellers by email",
            "04-03 11:00 welcome-reviews by email",
        ],
    ),
    Row("agreed twice", [signed_up("03-02 12:00"), signed_up("03-20 12:00")], None, MOSCOW, WEEK),
    Row(
        "agreed to texts, which is no mail",
        [agreed("03-02 12:00", "sms")],
        anna("email", "sms", consents=[]),
        MOSCOW,
        [],
    ),
    Row(
        "changed their mind",
        [signed_up("03-02 12:00"), agreed("03-04 12:00", given=False)],
        None,
        MOSCOW,
        [
            "03-02 12:00 welcome-thanks by email",
            "03-05 11:00 welcome-bestsellers skipped: no-consent",
            "03-09 11:00 welcome-reviews skipped: no-consent",
        ],
    ),
    Row(
        "no more carts' mails, but the news",
        [
            signed_up("03-02 12:00"),
            agreed("03-02 12:30", given=False, topic="cart-reminders"),
            filled("03-02 13:00"),
            emptied("03-02 15:00"),
        ],
        None,
        MOSCOW,
        [
            "03-02 12:00 welcome-thanks by email",
            "03-02 14:00 cart-reminder skipped: no-consent",
            "03-05 11:00 welcome-bestsellers by email",
            "03-09 11:00 welcome-reviews by email",
        ],
    ),
    Row(
        "left a cart on the day of the sign-up: the thanks are not the day's one mail",
        [signed_up("03-02 12:00"), filled("03-02 13:00"), emptied("03-02 15:00")],
        None,
        MOSCOW,
        [
            "03-02 12:00 welcome-thanks by email",
            f"03-02 14:00 {REMINDER}",
            "03-05 11:00 welcome-bestsellers by email",
            "03-09 11:00 welcome-reviews by email",
        ],
    ),
    Row(
        "both held for the morning, and both go",
        [signed_up("03-02 22:30"), filled("03-02 23:00"), emptied("03-03 12:00")],
        None,
        MOSCOW,
        [
            "03-03 09:00 cart-reminder by email",
            "03-03 09:00 welcome-thanks by email",
            "03-06 11:00 welcome-bestsellers by email",
            "03-10 11:00 welcome-reviews by email",
        ],
    ),
]

UPDATES = [
    Row(
        "from the order to the door",
        [order("03-02 12:00"), order("03-03 12:00", "shipped"), order("03-05 12:00", "delivered")],
        anna(consents=[]),
        MOSCOW,
        [
            "03-02 12:00 order-confirmation by email",
            "03-03 12:00 order-shipped by email",
            "03-05 12:00 order-delivered by email",
        ],
    ),
    Row(
        "told by four webhooks", [order("03-02 12:00")] * 4, None, MOSCOW, ["03-02 12:00 order-confirmation by email"]
    ),
    Row(
        "shipped in the night",
        [order("03-03 01:00", "shipped")],
        None,
        MOSCOW,
        ["03-03 09:00 order-shipped by email"],
    ),
    Row(
        "cancelled in the night",
        [order("03-03 01:00", "cancelled")],
        None,
        MOSCOW,
        ["03-03 01:00 order-cancelled by email"],
    ),
    Row(
        "shipped in the customer's night",
        [order("03-02 23:30", "shipped", NEW_YORK)],
        anna(time_zone="America/New_York"),
        NEW_YORK,
        ["03-03 09:00 order-shipped by email"],
    ),
    Row(
        "a phone alone: what matters comes as a text",
        [order("03-02 12:00"), order("03-03 12:00", "shipped"), order("03-04 12:00", "at-pickup-point")],
        anna("sms", consents=[]),
        MOSCOW,
        [
            "03-02 12:00 order-confirmation skipped: no-channel",
            "03-03 12:00 order-shipped by sms",
            "03-04 12:00 order-at-pickup-point by sms",
        ],
    ),
    Row(
        "mail first, a text if it fails",
        [order("03-03 12:00", "shipped")],
        anna("sms", "email"),
        MOSCOW,
        ["03-03 12:00 order-shipped by email, sms"],
    ),
    Row(
        "a dead mailbox: the text",
        [HARD_BOUNCE, order("03-03 12:00", "shipped")],
        anna("sms", "email"),
        MOSCOW,
        ["03-03 12:00 order-shipped by sms"],
    ),
    Row(
        "refunded in two parts",
        [
            order("03-02 12:00", "returned", refund_id="r1"),
            order("03-03 13:00", "returned", refund_id="r2"),
            order("03-03 14:00", "returned", refund_id="r2"),
        ],
        None,
        MOSCOW,
        ["03-02 12:00 order-refunded by email", "03-03 13:00 order-refunded by email"],
    ),
    Row(
        "two orders on one day are both confirmed",
        [order("03-02 12:00"), order("03-02 12:01", order_id="o2")],
        None,
        MOSCOW,
        ["03-02 12:00 order-confirmation by email", "03-02 12:01 order-confirmation by email"],
    ),
    Row(
        "an order of last year, imported",
        [told("03-02 12:00", Event("order.placed", at("2025-03-02 12:00"), order=Order("o7")))],
        None,
        MOSCOW,
        [],
    ),
    Row(
        "delayed, then delivered",
        [order("03-02 12:00", "delayed"), order("03-04 22:30", "delivered")],
        None,
        MOSCOW,
        ["03-02 12:00 order-delayed by email", "03-05 09:00 order-delivered by email"],
    ),
]


@rows(CARTS)
def test_a_cart_left_behind(row: Row) -> None:
    """The shop's limits: one marketing mail a day, four a week, quiet from 22:00 to 9:00 on the customer's clock."""
    assert came(*row.entries, customer=row.customer, zone=row.zone) == row.sends


@rows(WELCOMES)
def test_the_first_week(row: Row) -> None:
    """Who agrees to be written to is welcomed once."""
    assert came(*row.entries, customer=row.customer, zone=row.zone) == row.sends


@rows(UPDATES)
def test_what_happens_to_an_order(row: Row) -> None:
    """Told as it happens, by night only what cannot wait."""
    assert came(*row.entries, customer=row.customer, zone=row.zone) == row.sends


def test_the_welcome_has_a_code_only_for_who_has_not_ordered() -> None:
    """The offer part is over at the first order."""
    _, newcomer = played(THE_FIRST_THREE, signed_up("03-02 12:00"))
    _, regular = played(THE_FIRST_THREE, signed_up("03-02 12:00"), customer=anna(orders=OrderTotals(count=1)))

    assert newcomer[0].code is not None
    assert regular[0].code is None
