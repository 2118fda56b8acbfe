"""How the shop looks and introduces itself in all that it sends: `templates/brand.yaml` as data."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from chalicelib.domain.locales import language_of

LEAST_CONTRAST: Final = 4.5
"""Of a text to what is behind it (WCAG 2.2, success criterion 1.4.3, level AA)."""

Texts = dict[str, str]
"""A text by language; under the empty name, the one for all languages."""


class Palette(Struct, frozen=True):
    """The colours of one scheme, as `#rrggbb`.

    A mail is a sheet of `paper` on a `background`, written in `ink` and, what matters less, in `muted`; a `line` parts
    things; what is to be clicked is `accent`, with `on_accent` on it.
    """

    background: str
    paper: str
    ink: str
    muted: str
    line: str
    accent: str
    on_accent: str


LIGHT: Final = Palette("#f5f3ef", "#ffffff", "#1a1a18", "#6a665f", "#e3dfd7", "#1a1a18", "#ffffff")
DARK: Final = Palette("#111110", "#1a1a19", "#f1efea", "#a9a49b", "#38362f", "#f1efea", "#1a1a19")


class SocialLink(Struct, frozen=True):
    """A place elsewhere where the shop is to be found."""

    name: str
    url: str


class Review(Struct, frozen=True):
    """What a buyer said, in one language, and who it was."""

    text: str
    author: str = ""
    locale: str = ""


class Introduction(Struct, frozen=True):
    """The shop as it introduces itself to a reader of one language: `shop` in templates.

    `support_tel` is the link that dials `support_phone` (RFC 3966).
    """

    url: str
    name: str
    address: str = ""
    legal: str = ""
    support_email: str = ""
    support_phone: str = ""
    support_tel: str = ""
    support_hours: str = ""
    social: tuple[SocialLink, ...] = ()
    reviews: tuple[Review, ...] = ()


class Brand(Struct, frozen=True):
    """The look of everything that the shop sends, and who it says it is. `logo_width` is in pixels."""

    name: Texts = field(default_factory=lambda: {"": "Shop"})
    logo_url: str = ""
    logo_dark_url: str = ""
    logo_width: int = 140
    light: Palette = LIGHT
    dark: Palette = DARK
    heading_font: str = "Georgia, Times New Roman, serif"
    body_font: str = "Helvetica Neue, Helvetica, Arial, sans-serif"
    address: Texts = {}
    legal: Texts = {}
    social: tuple[SocialLink, ...] = ()
    support_email: str = ""
    support_phone: str = ""
    support_hours: Texts = {}
    reviews: tuple[Review, ...] = ()

    def in_language(self, locale: str, shop_locale: str, url: str) -> Introduction:
        """The shop's introduction to a reader of `locale`: in that, its language, the shop's, or any there is.

        Reviews are those in the reader's language alone, or in none.
        """
        language = language_of(locale)
        return Introduction(
            url, _text(self.name, locale, shop_locale), _text(self.address, locale, shop_locale),
            _text(self.legal, locale, shop_locale), self.support_email, self.support_phone,
            _dialled(self.support_phone), _text(self.support_hours, locale, shop_locale), self.social,
            tuple(review for review in self.reviews if language_of(review.locale) in ("", language)),
        )


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def faint(palette: Palette) -> tuple[str, str, float] | None:
    """The first two colours of a palette, by their names, whose contrast is too small for a text; None if all do."""
    for text, behind in (
        ("ink", "paper"), ("ink", "background"), ("muted", "paper"), ("muted", "background"), ("on_accent", "accent"),
    ):
        ratio = contrast(getattr(palette, text), getattr(palette, behind))
        if ratio < LEAST_CONTRAST:
            return text, behind, ratio
    return None


def _luminance(color: str) -> float:
    """The relative luminance of an sRGB colour, from 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(int(color[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _dialled(phone: str) -> str:
    return "tel:" + "".join(sign for sign in phone if sign in "+0123456789") if phone else ""


def _text(texts: Texts, locale: str, shop_locale: str) -> str:
    for tried in (locale, language_of(locale), "", shop_locale, language_of(shop_locale)):
        if tried in texts:
            return texts[tried]
    return next(iter(texts.values()), "")
