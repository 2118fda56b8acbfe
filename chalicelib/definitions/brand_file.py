"""Reading `templates/brand.yaml`: the name, logo, colours and fonts of a shop, and what stands below its mails."""

from __future__ import annotations

import re
from typing import Any, Final

from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.brand import DARK, LEAST_CONTRAST, LIGHT, Brand, Palette, Review, SocialLink, Texts, faint
from chalicelib.domain.identifiers import normalise_email

FIELDS: Final = (
    "name", "logo", "colors", "fonts", "address", "legal", "social", "support", "reviews",
)
LOGO: Final = ("url", "dark", "width")
SCHEMES: Final = ("light", "dark")
COLORS: Final = ("background", "paper", "ink", "muted", "line", "accent", "on-accent")
FONTS: Final = ("heading", "body")
SUPPORT: Final = ("email", "phone", "hours")
WIDEST_LOGO: Final = 280
"""Pixels: what a telephone 320 wide leaves between margins of 20."""

_LINK: Final = re.compile(r"https?://[^\s<>\"'`\\]+")
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_FONTS: Final = re.compile(r"[A-Za-z0-9 -]+(?:, ?[A-Za-z0-9 -]+)*")
_LOCALE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def read_brand(text: str, file: str = "templates/brand.yaml") -> Brand:
    """Read the brand; what the file leaves out keeps its default.

    Raises DefinitionError with file, line and reason: for what is unknown, for a colour that is none, and for two
    colours that cannot be told apart well enough to read (WCAG 2.2, level AA).
    """
    fields = read(text, file).allow(*FIELDS)
    brand: dict[str, Any] = {name: _texts(fields[name]) for name in ("name", "address", "legal") if name in fields}
    if "logo" in fields:
        brand |= _logo(fields["logo"])
    if "colors" in fields:
        brand |= _colors(fields["colors"])
    if "fonts" in fields:
        brand |= {f"{name}_font": _font(node) for name, node in fields["fonts"].allow(*FONTS).items()}
    if "support" in fields:
        brand |= _support(fields["support"])
    if "social" in fields:
        brand["social"] = tuple(_social(node) for node in fields["social"].items())
    if "reviews" in fields:
        brand["reviews"] = tuple(review for node in fields["reviews"].items() for review in _reviews(node))
    return Brand(**brand)


def _texts(node: Node) -> Texts:
    """A text for all languages, or one for each: `{ru: …, en: …}`."""
    if not isinstance(node.value, dict):
        return {"": node.string()}
    if not node.value:
        raise node.error("should be a text, or one for each language: {ru: …, en: …}")
    for locale, text in node.value.items():
        if not _LOCALE.fullmatch(locale):
            raise text.error(f"should name a language, such as `en`, not {locale!r}")
    return {locale: text.string() for locale, text in node.value.items()}


def _logo(node: Node) -> dict[str, Any]:
    fields = node.allow(*LOGO)
    logo: dict[str, Any] = {}
    for name, field in (("url", "logo_url"), ("dark", "logo_dark_url")):
        if name in fields and fields[name].text:
            logo[field] = _link(fields[name])
    if "width" in fields:
        width = fields["width"].integer()
        if not 20 <= width <= WIDEST_LOGO:
            raise fields["width"].error(f"is from 20 to {WIDEST_LOGO} pixels")
        logo["logo_width"] = width
    return logo


def _colors(node: Node) -> dict[str, Palette]:
    palettes = {}
    for scheme, inner in node.allow(*SCHEMES).items():
        usual = LIGHT if scheme == "light" else DARK
        colors = {name: getattr(usual, name) for name in usual.__struct_fields__}
        colors |= {name.replace("-", "_"): _color(field) for name, field in inner.allow(*COLORS).items()}
        palettes[scheme] = palette = Palette(**colors)
        found = faint(palette)
        if found:
            text, behind = (name.replace("_", "-") for name in found[:2])
            written = inner.value.get(text) or inner.value.get(behind) or inner
            raise written.error(
                f"{text} on {behind} has a contrast of {found[2]:.2f}; "
                f"a text that all can read has at least {LEAST_CONTRAST}",
            )
    return palettes


def _color(node: Node) -> str:
    if not _COLOR.fullmatch(node.string()):
        raise node.error(f"should be a colour such as \"#1a1a18\", in quotes, not {node.text!r}")
    return node.string().lower()


def _font(node: Node) -> str:
    """Families in the order of preference. Their names need no quotes (CSS Fonts 4, 2.1)."""
    families = node.string().replace("'", "").replace('"', "")
    if not _FONTS.fullmatch(families):
        raise node.error(f"should be names of fonts with commas between them, not {node.text!r}")
    return families


def _support(node: Node) -> dict[str, Any]:
    fields = node.allow(*SUPPORT)
    support: dict[str, Any] = {}
    if "email" in fields and fields["email"].text:
        support["support_email"] = normalise_email(fields["email"].string())
        if not support["support_email"]:
            raise fields["email"].error(f"should be a mail address, not {fields['email'].text!r}")
    if "phone" in fields:
        support["support_phone"] = fields["phone"].string()
    if "hours" in fields:
        support["support_hours"] = _texts(fields["hours"])
    return support


def _social(node: Node) -> SocialLink:
    fields = node.allow("name", "url")
    for name in ("name", "url"):
        if name not in fields:
            raise node.error(f"lacks the field `{name}`")
    return SocialLink(fields["name"].string(), _link(fields["url"]))


def _reviews(node: Node) -> list[Review]:
    fields = node.allow("text", "author")
    if "text" not in fields:
        raise node.error("lacks the field `text`")
    author = _texts(fields["author"]) if "author" in fields else {}
    return [
        Review(text, author.get(locale, author.get("", "")), locale) for locale, text in _texts(fields["text"]).items()
    ]


def _link(node: Node) -> str:
    if not _LINK.fullmatch(node.string()):
        raise node.error(f"should be a whole link, https://…, not {node.text!r}")
    return node.string()
