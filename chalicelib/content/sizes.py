"""Sizes as people read them, from the many ways in which storefronts write them."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.domain.locales import language_of

_SIZE_WORD: Final = re.compile(r"^(размер|разм?\.|р\.|size\b):?\s*", re.IGNORECASE)
_NO_CHOICE: Final = frozenset({"", "default", "default title", "no size", "n a", "без размера"})
_ONE_SIZE: Final = frozenset({
    "one size", "onesize", "one size fits all", "os", "o s", "free size", "free", "uni", "unisize", "единый",
    "единый размер", "один размер", "универсальный", "универсальный размер",
})
_LETTERS: Final = {
    "extra small": "XS", "x small": "XS", "small": "S", "medium": "M", "large": "L", "x large": "XL",
    "extra large": "XL", "xx large": "XXL", "2x large": "2XL", "3x large": "3XL",
}
_LETTER: Final = r"(\d?x{0,4}[sl]|m)"
_LETTER_SIZES: Final = re.compile(rf"{_LETTER}(\s*[-–—/]\s*{_LETTER})?", re.IGNORECASE)
_NUMBER_SIZES: Final = re.compile(r"\d{1,3}([.,]\d)?(\s*[-–—/]\s*\d{1,3}([.,]\d)?)?")
_DASH: Final = re.compile(r"\s*[-–—]\s*")


def size(text: str, locale: str) -> str:
    """A size as it is shown: `xl` is XL, `large` L, `44.5` is 44,5 and `one-size` единый размер in Russian.

    Empty for what says that there is no choice (`Default Title` of Shopify). Any other text stays as it is.
    """
    russian = language_of(locale) == "ru"
    text = _SIZE_WORD.sub("", text.strip())
    plain = re.sub(r"[\s_./-]+", " ", text.lower()).strip()
    if plain in _NO_CHOICE:
        return ""
    if plain in _ONE_SIZE:
        return "единый размер" if russian else "one size"
    if plain in _LETTERS:
        return _LETTERS[plain]
    if _LETTER_SIZES.fullmatch(text):
        return _DASH.sub("–", text.upper())
    if _NUMBER_SIZES.fullmatch(text):
        return _DASH.sub("–", re.sub(r"(?<=\d)[.,](?=\d)", "," if russian else ".", text))
    return text
