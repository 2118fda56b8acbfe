"""Which of a message's languages a customer reads."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.domain.locales import language_of
from chalicelib.errors import TemplateError


def pick_locale(wanted: str, channel: str, variants: Iterable[str], shop_locale: str) -> str:
    """The locale of the variant to use, from those there are (`email.ru`, …), for a wanted one (`ru-RU`, `pt_BR`).

    The locale itself, its language, any of its language; then the same for the shop's locale; then the first there is.
    Raises TemplateError when the channel has none.
    """
    there = sorted(variant.removeprefix(f"{channel}.") for variant in variants if variant.startswith(f"{channel}."))
    if not there:
        raise TemplateError(f"there is no template for {channel}: add a file `{channel}.<locale>.txt`")
    by_plain_name = {locale.replace("_", "-").lower(): locale for locale in reversed(there)}
    for locale in (wanted, shop_locale):
        language = language_of(locale)
        for plain in (locale.replace("_", "-").lower(), language):
            if plain in by_plain_name:
                return by_plain_name[plain]
        for plain, found in sorted(by_plain_name.items()):
            if language and language_of(plain) == language:
                return found
    return there[0]
