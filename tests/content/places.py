"""The templates that are shipped, and small ones made for a test."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

from chalicelib.content.occasion import Links, Occasion
from chalicelib.content.rendering import Templates
from chalicelib.content.sample_links import sample_short_link
from chalicelib.content.samples import FULL_CUSTOMER, FULL_EVENT, SAMPLE_NOW, Sample, sample_message
from chalicelib.content.template_files import FolderFiles, GivenFiles
from chalicelib.definitions.message_files import message_definition
from chalicelib.domain.brand import Brand, SocialLink
from chalicelib.domain.customer import Customer
from chalicelib.domain.events import Event
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition, ShopSettings

FOLDER = Path(__file__).parents[2] / "templates"
SHIPPED = FolderFiles(FOLDER)
TEMPLATES = Templates()
SETTINGS = ShopSettings(
    url="https://shop.example", brand=Brand(
        name={"": "Лён & шерсть"}, support_email="help@shop.example", support_phone="+7 999 000-00-00",
        address={"ru": "420111, Казань, ул. Баумана, 1", "en": "1 Baumana Street, Kazan 420111"},
        social=(SocialLink("Telegram", "https://t.me/shop"),),
    ),
)
LINKS = Links(
    unsubscribe="https://hear.shop.example/u/token", preferences="https://hear.shop.example/p/token",
    survey="https://hear.shop.example/s/token", stop="https://hear.shop.example/l/0Stop1Link2",
    pages="https://hear.shop.example",
)


@cache
def shipped_messages() -> dict[str, MessageDefinition]:
    """The definitions of the messages that are shipped, by name."""
    definitions = {}
    for file in sorted(FOLDER.glob("*/message.yaml")):
        key = f"templates/{file.parent.name}/message.yaml"
        beside = [other.name for other in file.parent.iterdir()]
        definitions[file.parent.name] = message_definition(file.read_text("utf-8"), key, beside)
    return definitions


VARIANTS = [(name, variant) for name, definition in shipped_messages().items() for variant in definition.variants]
EMAILS = [(name, variant.removeprefix("email.")) for name, variant in VARIANTS if variant.startswith("email.")]
MARKETING = {name for name, definition in shipped_messages().items() if definition.category == "marketing"}


def render_shipped(
    name: str, channel: str, *, locale: str = "", customer: Customer = FULL_CUSTOMER, event: Event | None = FULL_EVENT,
    code: bool = True, settings: ShopSettings = SETTINGS, now: datetime = SAMPLE_NOW,
) -> Rendered:
    """A shipped message as the sample customer gets it."""
    definition = shipped_messages()[name]
    message = sample_message(definition, code=code)
    return TEMPLATES.render(
        Occasion(message, definition, customer, event, settings, LINKS, now, locale, shorten=sample_short_link),
        channel, SHIPPED,
    )


def render_sample(name: str, channel: str, locale: str, sample: Sample) -> Rendered:
    """A shipped message as one of the sample customers gets it."""
    definition = shipped_messages()[name]
    return TEMPLATES.render(
        Occasion(
            sample_message(definition, code=sample.code), definition, sample.customer, sample.event, SETTINGS, LINKS,
            SAMPLE_NOW, locale, sample.recommend, shorten=sample_short_link,
        ),
        channel, SHIPPED,
    )


def render_sms(text: str, *, event: Event | None = FULL_EVENT, customer: Customer = FULL_CUSTOMER, **more: str) -> str:
    """The text that one SMS template makes; `more` are further files: `blocks__x_txt` is blocks/x.txt."""
    files = {"try/sms.ru.txt": text}
    files |= {name.replace("__", "/").replace("_txt", ".txt"): source for name, source in more.items()}
    definition = MessageDefinition("try", "transactional", ("sms",), variants=("sms.ru",))
    message = sample_message(definition, code=True)
    occasion = Occasion(message, definition, customer, event, SETTINGS, LINKS, SAMPLE_NOW)
    return TEMPLATES.render(occasion, "sms", GivenFiles(files)).text
