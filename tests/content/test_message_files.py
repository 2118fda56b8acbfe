"""Reading message.yaml: what it may say, and how a mistake in it is told."""

from __future__ import annotations

import pytest

from chalicelib.definitions.message_files import message_definition, variants
from chalicelib.domain.shop import MessageDefinition
from chalicelib.errors import DefinitionError

FILE = "templates/cart-offer/message.yaml"
SMALLEST = "message: cart-offer\ncategory: marketing\nchannels: [email]\n"


def test_a_whole_file_is_read() -> None:
    text = (
        "message: cart-offer\ncategory: marketing\ntopic: cart-reminders\nchannels: [push, email]\npriority: 65\n"
        "quiet-hours: drop\non-cap: retry-until\nobeys-cap: false\ncounts-toward-cap: true\ntags: [cart, offer]\n"
        "check: [stock, price]\nsurvey: nps\nsms-parts: 3\n"
    )
    assert message_definition(text, FILE, ["message.yaml", "email.ru.txt", "email.ru.mjml", "push.en.txt"]) == (
        MessageDefinition(
            name="cart-offer", category="marketing", topic="cart-reminders", channels=("push", "email"), priority=65,
            quiet_hours="drop", on_cap="retry-until", obeys_cap=False, counts_toward_cap=True, tags=("cart", "offer"),
            variants=("email.ru", "push.en"), checks=("stock", "price"),
            survey="nps", sms_parts=3,
        )
    )


def test_what_is_left_out_has_defaults() -> None:
    assert message_definition(SMALLEST, FILE, []) == MessageDefinition("cart-offer", "marketing", ("email",))


def test_transactional_messages_neither_obey_nor_count_toward_caps() -> None:
    definition = message_definition(SMALLEST.replace("marketing", "transactional"), FILE, [])
    assert (definition.obeys_cap, definition.counts_toward_cap) == (False, False)


def test_a_mail_needs_both_of_its_parts_to_be_a_variant() -> None:
    halves = ["email.en.txt", "email.de.mjml"]
    beside = ["email.ru.txt", "email.ru.mjml", *halves, "sms.pt-BR.txt", "notes.txt", "fax.ru.txt"]
    assert variants(beside) == ("email.ru", "sms.pt-BR")


@pytest.mark.parametrize(("change", "told"), [
    (("category: marketing", "category: advert"), ":2: category: is 'advert'; it can be marketing, transactional"),
    (("[email]", "[mail]"), ":3: channels[1]: is 'mail'; it can be email, sms, push, web-push"),
    (("[email]", "[]"), ":3: channels: names no channel; known are email, sms, push, web-push"),
    (("[email]", "[email, email]"), ":3: channels: names a channel twice"),
    (("message: cart-offer", "message: other"),
     ":1: message: is 'other', but the folder is 'cart-offer'; a message is named after its folder"),
    (("message: cart-offer\n", ""), ":1: lacks the field 'message'"),
    (("\n", "\npriorty: 1\n"), ":2: priorty: unknown field 'priorty'; known here: message, category, topic, channels, "
                               "priority, quiet-hours, on-cap, obeys-cap, counts-toward-cap, tags, check, survey, "
                               "sms-parts"),
    (("[email]\n", "[email]\ncheck: [stock, size]\n"), ":4: check[2]: is 'size'; it can be stock, price"),
    (("[email]\n", "[email]\nsurvey: Would you?\n"),
     ":4: survey: 'Would you?' should be small letters and digits, joined by hyphens"),
    (("[email]\n", "[email]\nsms-parts: 11\n"),
     ":4: sms-parts: is 11; an SMS has 1 to 10 parts, each of which is paid"),
    (("[email]\n", "[email]\npriority: high\n"), ":4: priority: should be a whole number, not 'high'"),
    (("[email]\n", "[email]\npriority: 101\n"), ":4: priority: is 101; it goes from 0 (last) to 100 (first)"),
    (("[email]\n", "[email]\ntopic: Cart Reminders\n"),
     ":4: topic: 'Cart Reminders' should be small letters and digits, joined by hyphens"),
    (("[email]\n", "[email]\nobeys-cap: maybe\n"), ":4: obeys-cap: should be true or false, not 'maybe'"),
])
def test_a_mistake_is_told_with_file_line_and_field(change: tuple[str, str], told: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        message_definition(SMALLEST.replace(*change, 1), FILE, [])
    assert str(caught.value) == FILE + told


def test_a_transactional_message_cannot_be_capped() -> None:
    text = SMALLEST.replace("marketing", "transactional") + "obeys-cap: true\n"
    with pytest.raises(DefinitionError, match=":4: obeys-cap: cannot be true: transactional messages are never capped"):
        message_definition(text, FILE, [])
