"""What messages about products, points and gifts say is what the event says; what it does not say is not claimed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.content.samples import BARE_CUSTOMER, BARE_EVENT, FULL_CUSTOMER, FULL_EVENT
from chalicelib.domain.events import Event, Product
from chalicelib.domain.sms_parts import split
from tests.content.places import render_shipped, shipped_messages

NBSP = "\u00a0"
COAT = Product("1", title="Пальто", price=Decimal(9990), old_price=Decimal(12990), stock=2, size="S")
LONG = "Пальто прямого кроя из плотной шерсти с поясом и карманами, на подкладке"
ABOUT_A_PRODUCT = ("price-drop", "back-in-stock", "low-stock")


def of(**fields: Any) -> Event:
    """An event about the coat, with these fields otherwise."""
    return replace(BARE_EVENT, product=replace(COAT, **fields))


def telling(**data: Any) -> Event:
    """An event of the loyalty programme."""
    return replace(BARE_EVENT, data=data)


@pytest.mark.parametrize(("name", "event", "title", "body"), [
    ("price-drop", of(), "Цена снизилась: 12 990 ₽ → 9 990 ₽", "Пальто, размер S. Есть в наличии."),
    ("price-drop", of(size="", old_price=None, stock=None), "Вещь, которая вам понравилась, стала дешевле", "Пальто."),
    ("back-in-stock", of(), "Снова в наличии: размер S", "Пальто, 9 990 ₽."),
    ("back-in-stock", of(size="", price=Decimal(0)), "Снова в наличии", "Пальто."),
    ("low-stock", of(), "Размер S почти закончился: осталось 2", "Пальто, 9 990 ₽."),
    ("low-stock", of(stock=1), "Размер S: последняя вещь", "Пальто, 9 990 ₽."),
    ("low-stock", of(stock=1, size=""), "Почти закончилось: осталась 1", "Пальто, 9 990 ₽."),
    (
        "low-stock", of(stock=None, title=""),
        "Размер S почти закончился", "Вещь, которая вам понравилась, заканчивается.",
    ),
])
def test_a_push_tells_of_the_product_as_it_is(name: str, event: Event, title: str, body: str) -> None:
    for channel in ("push", "web-push"):
        push = render_shipped(name, channel, event=event)
        assert (push.title.replace(NBSP, " "), push.body.replace(NBSP, " ")) == (title, body)


@pytest.mark.parametrize("name", ABOUT_A_PRODUCT)
@pytest.mark.parametrize("locale", ["ru", "en"])
def test_a_long_title_leaves_the_subject_readable(name: str, locale: str) -> None:
    mail = render_shipped(name, "email", locale=locale, event=of(title=LONG))
    assert len(mail.subject) <= 60
    assert LONG in mail.text


@pytest.mark.parametrize("name", ABOUT_A_PRODUCT)
def test_an_old_price_that_is_no_higher_is_not_struck_out(name: str) -> None:
    assert "<s " in render_shipped(name, "email", event=of()).html
    assert "<s " not in render_shipped(name, "email", event=of(old_price=Decimal(9990))).html


@pytest.mark.parametrize("name", ABOUT_A_PRODUCT)
def test_only_a_stock_that_is_known_is_called_checked(name: str) -> None:
    assert "проверили" in render_shipped(name, "email", event=of()).text
    assert "проверили" not in render_shipped(name, "email", event=of(stock=None)).text


@pytest.mark.parametrize(("points", "words"), [(1, "1 балл"), (2, "2 балла"), (21, "21 балл"), (450, "450 баллов")])
def test_points_are_counted_in_russian(points: int, words: str) -> None:
    mail = render_shipped("loyalty-points-awarded", "email", event=telling(points=points, because="review"))
    assert mail.subject == f"Начислили вам {words}"
    assert f"Мы начислили вам {words} за отзыв." in mail.text
    assert "на вашем счёте" not in mail.text


def test_an_award_for_something_unknown_names_no_reason() -> None:
    mail = render_shipped("loyalty-points-awarded", "email", event=telling(points=5, because="moon phase", balance=7))
    assert "Мы начислили вам 5 баллов." in mail.text
    assert "Баллы на вашем счёте: 7" in mail.text


def test_points_that_expire_are_told_with_their_last_day() -> None:
    push = render_shipped("loyalty-points-expiring", "push", event=telling(points=1, expires_on="2026-04-01"))
    assert push.title.replace(NBSP, " ") == "1 балл можно потратить до 1 апреля"
    mail = render_shipped("loyalty-points-expiring", "email", event=telling(points=450))
    assert mail.subject == "Срок действия ваших баллов подходит к концу"


@pytest.mark.parametrize("name", ["win-back-letter", "win-back-quarterly", "repeat-nudge"])
@pytest.mark.parametrize(("locale", "words"), [("ru", "интересовали свитеры"), ("en", "look(ing)? at knitwear")])
def test_what_a_customer_used_to_look_at_is_named_where_its_name_is_known(name: str, locale: str, words: str) -> None:
    for categories, known in (("coats", "Knitwear"), True), (("plaids",), False):
        profile = replace(FULL_CUSTOMER.profile, categories=categories)
        mail = render_shipped(name, "email", locale=locale, customer=replace(FULL_CUSTOMER, profile=profile))
        assert bool(re.search(words, mail.text)) == known
        assert "plaids" not in mail.text


def test_a_call_is_announced_only_to_who_has_a_phone() -> None:
    assert "позвоним" in render_shipped("vip-invitation", "email").text
    assert "позвоним" not in render_shipped("vip-invitation", "email", customer=BARE_CUSTOMER).text


@pytest.mark.parametrize("name", ["birthday-gift", "birthday-reminder", "flash-sale", "flash-sale-reminder"])
@pytest.mark.parametrize("locale", ["ru", "en"])
def test_without_a_code_no_discount_is_promised(name: str, locale: str) -> None:
    for channel in shipped_messages()[name].channels:
        said = render_shipped(name, channel, locale=locale, event=None, code=False)
        words = " ".join((said.subject, said.preheader, said.title, said.text, said.body))
        assert re.search("промокод|code|%", words, re.IGNORECASE) is None


@pytest.mark.parametrize("name", ["birthday-gift", "vip-early-access"])
@pytest.mark.parametrize("locale", ["ru", "en"])
def test_a_text_is_two_parts_at_most(name: str, locale: str) -> None:
    assert split(render_shipped(name, "sms", locale=locale, event=FULL_EVENT).text).count <= 2


@pytest.mark.parametrize(("locale", "told"), [("ru", "отправим|доставим|уехал"), ("en", "ships|arrive")])
def test_a_purchase_in_the_shop_is_not_promised_to_be_shipped(locale: str, told: str) -> None:
    assert FULL_EVENT.order
    mails = [
        render_shipped("order-confirmation", "email", locale=locale, event=replace(
            FULL_EVENT, order=replace(FULL_EVENT.order, in_store=in_store),
        ))
        for in_store in (False, True)
    ]
    online, in_the_shop = (" ".join((mail.subject, mail.preheader, mail.text, mail.html)) for mail in mails)
    assert re.search(told, online, re.IGNORECASE)
    assert re.search(told, in_the_shop, re.IGNORECASE) is None


def test_points_that_go_soon_are_counted_among_a_balance_that_is_known() -> None:
    known = telling(points=1, balance=7, expires_on="2026-04-01")
    told = render_shipped("loyalty-points-expiring", "email", event=known)
    assert "Баллы на вашем счёте: 7\nИз них действуют до 1\u00a0апреля: 1" in told.text
    told = render_shipped("loyalty-points-expiring", "email", event=telling(points=1, expires_on="2026-04-01"))
    assert "Из них" not in told.text
