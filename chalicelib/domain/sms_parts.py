"""How many parts an SMS takes, known before it is sent: each part is billed.

Source of alphabets and lengths: 3GPP TS 23.038 (6.2.1, the default alphabet and its extension table) and TS 23.040
(9.2.3.24.1: a part of several carries a header of 6 octets, which leaves 153 septets or 67 UCS-2 units).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Alphabet = Literal["GSM-7", "UCS-2"]

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_CAPACITY: dict[Alphabet, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


class SmsParts(Struct, frozen=True):
    """A text as the network will carry it: its alphabet, its length in that alphabet's units, and its parts."""

    alphabet: Alphabet
    units: int
    parts: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many parts are billed."""
        return len(self.parts)


def split(text: str) -> SmsParts:
    """Split a text into the parts of an SMS. A character of two units never spreads over two parts.

    Two units take: in GSM-7 the ten characters of the extension table, in UCS-2 the characters beyond the basic plane
    (surrogate pairs: most emoji). One single foreign character makes the whole text UCS-2. An empty text is one part.
    """
    is_gsm = all(character in _BASIC or character in _EXTENSION for character in text)
    alphabet: Alphabet = "GSM-7" if is_gsm else "UCS-2"
    widths = [_width(character, alphabet) for character in text]
    units = sum(widths)
    alone, together = _CAPACITY[alphabet]
    if units <= alone:
        return SmsParts(alphabet, units, (text,))
    parts: list[str] = []
    start = filled = 0
    for index, width in enumerate(widths):
        if filled + width > together:
            parts.append(text[start:index])
            start, filled = index, 0
        filled += width
    parts.append(text[start:])
    return SmsParts(alphabet, units, tuple(parts))


def _width(character: str, alphabet: Alphabet) -> int:
    if alphabet == "GSM-7":
        return 2 if character in _EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1
