"""Everything that a template can read, all of it clean (docs/templates.md lists it)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from chalicelib.content import formats
from chalicelib.content.cleaning import clean, clean_text
from chalicelib.content.occasion import Links, Occasion
from chalicelib.content.points import points_of
from chalicelib.content.recommendations import recommendations_of
from chalicelib.content.sandbox import TemplateFunction
from chalicelib.content.scope import Scope
from chalicelib.domain.messages import code_value


class LinksShown(Struct, frozen=True):
    """The links to the public pages as templates see them; `survey(score)` is the page with that answer chosen, `stop`
    the shortest way to unsubscribe."""

    unsubscribe: str
    preferences: str
    survey: TemplateFunction
    stop: str


class PromoCode(Struct, frozen=True):
    """The promo code of a message as templates see it: `discount` in words, `expires_at` in the reader's zone."""

    value: str
    discount: str
    expires_at: datetime


def values_of(occasion: Occasion, scope: Scope) -> dict[str, Any]:
    """The values by their names in a template, but for `words`, `subject` and `preheader`, which come from files."""
    message, event = occasion.message, occasion.event
    shown = clean(event) if event is not None else None
    code = message.code and PromoCode(
        code_value(message.code.code_id or message.message_id),
        _percent(clean_text(message.code.discount), scope.locale),
        (message.code.expires_at or scope.now + timedelta(seconds=message.code.valid)).astimezone(scope.zone),
    )
    profile = clean(occasion.customer.profile)
    ids = {"message_id": message.message_id, "customer_id": message.customer_id, "message_name": message.name}
    values: dict[str, Any] = {
        "customer": profile, "links": _links(occasion.links),
        "shop": clean(occasion.settings.introduced(scope.locale)), "brand": occasion.settings.brand,
        "code": code, "locale": scope.locale, "now": scope.now.astimezone(scope.zone),
        "marketing": message.category == "marketing", "data": shown.data if shown else {},
        "points": points_of(profile, shown),
        "recommendations": TemplateFunction(recommendations_of(occasion.recommend, ids)),
    }
    for part in ("cart", "checkout", "order", "product", "page"):
        values[part] = getattr(shown, part, None)
    return values


def _links(links: Links) -> LinksShown:
    def survey(score: int | None = None) -> str:
        return links.survey if score is None or not links.survey else f"{links.survey}?score={score}"

    return LinksShown(links.unsubscribe, links.preferences, TemplateFunction(survey), links.stop or links.unsubscribe)


def _percent(discount: str, locale: str) -> str:
    """The percent sign as the language sets it (CLDR percent patterns): `10 %` in Russian, `10%` in English."""
    return re.sub(r"\s*%", formats.percent("", locale), discount)
