"""Customers and events to try templates on: one with everything filled in, one with hardly anything, one all extremes.

Photos are `https://shop.example/photos/<name>.jpg`, where `<name>` is one of coat, scarf, gloves, sweater, boots,
dress, jeans, shirt and hat; the domain is reserved (RFC 2606), so that nothing is ever fetched.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.domain.customer import Address, Customer, Profile
from chalicelib.domain.events import Cart, Checkout, Event, Line, Order, Product
from chalicelib.domain.messages import CodeOffer, Message, Status
from chalicelib.domain.recommendations import KINDS
from chalicelib.domain.shop import MessageDefinition

SAMPLE_NOW: Final = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)


class Sample(Struct, frozen=True):
    """A customer to try a message on: the event it is about, whether a promo code goes with it, what is recommended."""

    name: str
    customer: Customer
    event: Event
    code: bool
    recommendations: tuple[Product, ...] = ()

    def recommend(self, kind: str, count: int) -> tuple[Product, ...]:
        """At most so many of this sample's recommendations; each kind begins with others, as two rows of a mail do."""
        start = 2 * KINDS.index(kind) % max(len(self.recommendations), 1)
        turned = self.recommendations[start:] + self.recommendations[:start]
        return turned[: max(count, 0)]


def _photo(name: str) -> str:
    return f"https://shop.example/photos/{name}.jpg"


_LINES: Final = (
    Line(
        product_id="1001", variant_id="1001-m", sku="COAT-M", title="Пальто прямого кроя из шерсти",
        price=Decimal(18990), image_url=_photo("coat"), url="https://shop.example/coat",
        category="coats", size="M", color="графит",
    ),
    Line(
        product_id="1002", variant_id="1002-1", sku="SCARF", title="Шарф из альпаки", quantity=2, price=Decimal(3490),
        image_url=_photo("scarf"), url="https://shop.example/scarf", category="scarves", color="молочный",
    ),
    Line(product_id="1003", title="Перчатки кожаные", price=Decimal("2990.50"), size="7,5"),
)
_CART_LINES: Final = tuple(replace(line, stock=stock) for line, stock in zip(_LINES, (2, 14, None), strict=True))
_TOTAL: Final = sum((line.price * line.quantity for line in _LINES), Decimal(0))

FULL_CUSTOMER: Final = Customer(
    customer_id="sample",
    profile=Profile(
        first_name="Анна", last_name="Ковалёва", city="Казань", country="RU", time_zone="Europe/Moscow", locale="ru",
        addresses=(Address("email", "anna@shop.example"), Address("sms", "+79990000000")),
    ),
)
BARE_CUSTOMER: Final = Customer(customer_id="sample")

FULL_EVENT: Final = Event(
    name="sample.full",
    occurred_at=SAMPLE_NOW,
    cart=Cart("c1", total=_TOTAL, lines=_CART_LINES, url="https://shop.example/cart/c1"),
    checkout=Checkout("k1", cart_id="c1", total=_TOTAL, lines=_CART_LINES, url="https://shop.example/checkout/k1"),
    order=Order(
        "o1", number="1024", total=_TOTAL, lines=_LINES, status_url="https://shop.example/orders/o1",
        tracking_number="RA123456789RU", tracking_url="https://carrier.example/RA123456789RU", carrier="СДЭК",
        pickup_point="Казань, ул. Баумана, 5", delivery_date=date(2026, 3, 9), refunded=Decimal(3490),
    ),
    product=Product(
        "1001", title="Пальто прямого кроя из шерсти", price=Decimal(18990), old_price=Decimal(22990), stock=3,
        image_url=_photo("coat"), url="https://shop.example/coat", size="M", color="графит",
    ),
    data={
        "points": 450, "balance": 1240, "because": "order", "expires_on": "2026-04-01",
        "level": "Друг бренда", "rate": 7, "challenge": "Три вещи новой коллекции",
    },
)
BARE_EVENT: Final = Event(
    name="sample.bare", occurred_at=SAMPLE_NOW, cart=Cart("c1"), checkout=Checkout("k1"), order=Order("o1"),
    product=Product("1001"),
)

_RECOMMENDED: Final = tuple(
    Product(
        number, title=title, category=category, price=Decimal(price), old_price=old_price, stock=stock,
        image_url=_photo(photo), url=f"https://shop.example/{photo}",
    )
    for number, title, category, price, old_price, stock, photo in (
        ("2001", "Свитер из мериноса", "knitwear", 7990, Decimal(9990), 12, "sweater"),
        ("2002", "Ботинки челси", "shoes", 14990, None, 4, "boots"),
        ("2003", "Платье миди из вискозы", "dresses", 8990, None, 9, "dress"),
        ("2004", "Прямые джинсы", "jeans", 6490, None, 20, "jeans"),
        ("2005", "Рубашка из хлопка", "shirts", 4990, Decimal(5990), 2, "shirt"),
        ("2006", "Шапка из кашемира", "hats", 3990, None, 7, "hat"),
    )
)

_LONG_WORD: Final = "Водонепроницаемая-ветрозащитная-быстросохнущая"
_ODD_LINES: Final = (
    Line(
        product_id="9001", variant_id="9001-1", sku="П/П-ОВЕРСАЙЗ-ШЕРСТЬ-КАШЕМИР-2026-ГРАФИТ-44/170", quantity=12,
        title="Пальто-оверсайз двубортное удлинённое из итальянской шерсти с кашемиром, на утеплителе, с поясом, "
        "отстёгивающимся капюшоном и потайными внутренними карманами",
        price=Decimal("1299990.90"), image_url=_photo("coat"), url="https://shop.example/coat?size=44&color=графит",
        category="пальто", size="44–46 / 170–176", color="тёмно-графитовый меланж с искрой",
    ),
    Line(
        product_id="9002", title=f"{_LONG_WORD} куртка", price=Decimal(349990), size="3XL",
        url="https://shop.example/jacket", category="куртки", color="Jökulsárlón-Blau",
    ),
    Line(product_id="9003", title="فستان سهرة طويل مطرز يدويًا", price=Decimal(89990), image_url=_photo("dress"),
         url="https://shop.example/dress", size="٤٢", color="أسود"),
    Line(product_id="9004", title="👗✨ Платье «Ночь & День» <limited> 🎁", price=Decimal("59990.05"), quantity=3,
         image_url=_photo("dress"), url="https://shop.example/dress-night", color="🖤"),
    Line(product_id="9005", title="Носки", price=Decimal(1), quantity=999, size="36–38"),
    Line(product_id="9006", title='Джинсы "Boot-cut" 100% cotton, W34/L36', price=Decimal(12990),
         image_url=_photo("jeans"), url="https://shop.example/jeans", category="jeans", size="W34/L36"),
    Line(product_id="9007", title="", price=Decimal(4990), image_url=_photo("shirt"), url="https://shop.example/shirt"),
    Line(product_id="9008", title="Подарочная карта", price=Decimal(0), category="подарки"),
    Line(product_id="9009", title="Шапка", price=Decimal("3990.5"), image_url=_photo("hat"),
         url="https://shop.example/hat", color="ч/б"),
)
_ODD_CART_LINES: Final = tuple(
    replace(line, stock=stock)
    for line, stock in zip(_ODD_LINES, (0, 1, 5, None, 12345, 0, None, None, 3), strict=True)
)
_ODD_TOTAL: Final = sum((line.price * line.quantity for line in _ODD_LINES), Decimal(0))

_ODD_CUSTOMER: Final = Customer(
    customer_id="sample",
    profile=Profile(
        first_name="Абдурахмангаджи-Мухаммадамин عبد الرحمن 🧵", last_name="Рождественская-Преображенская-Вознесенская",
        city="Петропавловск-Камчатский", country="RU", time_zone="Asia/Kamchatka", locale="ru",
        addresses=(
            Address("email", "very.long.address.of.a.customer+newsletters@subdomain.of.a.long.domain.shop.example"),
            Address("sms", "+79990000001"),
        ),
    ),
)
_ODD_EVENT: Final = Event(
    name="sample.odd",
    occurred_at=SAMPLE_NOW,
    cart=Cart("c2", total=_ODD_TOTAL, lines=_ODD_CART_LINES, url=f"https://shop.example/cart/c2?recover={'k7Q' * 60}"),
    checkout=Checkout("k2", cart_id="c2", total=_ODD_TOTAL, lines=_ODD_CART_LINES),
    order=Order(
        "o2", number="RU-2026/00001024-ПРЕДЗАКАЗ", total=_ODD_TOTAL, lines=_ODD_LINES,
        tracking_number="JJD00034100000012345678901234567", carrier="Почта России, ускоренное отправление 1-го класса",
        pickup_point="684000, Камчатский край, г. Петропавловск-Камчатский, проспект Карла Маркса, д. 29/1, корпус 3, "
        "ТЦ «Галант-Плаза», цокольный этаж, павильон 14Б (вход со двора, звонить в домофон)",
        delivery_date=date(2026, 12, 31), refunded=Decimal("1299990.90"),
    ),
    product=Product(
        "9002", title=f"{_LONG_WORD} куртка с подогревом и съёмной подкладкой", price=Decimal("349990.90"),
        old_price=Decimal(1299990), stock=1, url="https://shop.example/jacket", category="куртки", size="3XL",
        color="тёмно-графитовый меланж с искрой",
    ),
    data={
        "points": 1_000_000, "balance": 12_345_678, "because": "partner-programme", "expires_on": "2026-12-31",
        "level": "Почётный друг бренда и постоянный участник закрытых показов", "rate": 10,
        "challenge": "Соберите капсулу из пяти вещей осенне-зимней коллекции и расскажите о ней друзьям 🎉",
    },
)
_ODD_RECOMMENDED: Final = tuple(
    Product(
        line.product_id, title=line.title, category=line.category, price=line.price, image_url=line.image_url,
        url=line.url, size=line.size, color=line.color,
    )
    for line in _ODD_LINES
)

SAMPLES: Final = (
    Sample("full", FULL_CUSTOMER, FULL_EVENT, True, _RECOMMENDED),
    Sample("bare", BARE_CUSTOMER, BARE_EVENT, False),
    Sample("odd", _ODD_CUSTOMER, _ODD_EVENT, True, _ODD_RECOMMENDED),
)
"""What every message is tried on before it goes live: `full` has an ordinary customer's everything, `bare` next to
nothing, `odd` what strains a layout: long and right-to-left names, emoji, nine lines, missing photos and titles, large
and zero prices."""


def sample_message(definition: MessageDefinition, *, code: bool) -> Message:
    """A message of this definition as a journey would make it, with or without a promo code."""
    return Message(
        customer_id="sample", message_id="5a3c1e0f9b7d", name=definition.name, category=definition.category,
        topic=definition.topic, journey="sample", version="", run_key="", entry=1, step="1", decided_at=SAMPLE_NOW,
        status=Status.QUEUED, channels=definition.channels, code=CodeOffer("10 %", 48 * 3600) if code else None,
    )
