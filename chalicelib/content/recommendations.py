"""What templates call as `recommendations("bestsellers", 4)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from chalicelib.content.cleaning import clean
from chalicelib.content.occasion import Recommend
from chalicelib.domain.events import Product
from chalicelib.domain.recommendations import KINDS, MOST
from chalicelib.errors import TemplateError
from chalicelib.observability import logger

ROWS: Final = 6
"""Different kinds and numbers that one message may ask for: each may be a look into the catalogue."""


def recommendations_of(recommend: Recommend, ids: dict[str, str]) -> Callable[[Any, Any], tuple[Product, ...]]:
    """The function of one rendering: products, clean, and the same ones for the same question, as in the mail's two
    parts. `ids` name the message in the log.

    It raises TemplateError for what no template should ask: an unknown kind, a number that is not 1 to `MOST`, more
    than `ROWS` rows. What goes wrong in looking products up costs the row, never the message.
    """
    answered: dict[tuple[str, int], tuple[Product, ...]] = {}

    def recommendations(kind: Any, count: Any = 4) -> tuple[Product, ...]:
        if kind not in KINDS:
            raise TemplateError(f"recommendations() knows no {str(kind)[:40]!r}, only: {', '.join(KINDS)}")
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
            raise TemplateError(f"recommendations({kind!r}, …) takes a number of products from 1 to {MOST}")
        if (kind, count) not in answered:
            if len(answered) == ROWS:
                raise TemplateError(f"recommendations() is asked for more than {ROWS} different rows")
            answered[kind, count] = _answer(recommend, kind, count, ids)
        return answered[kind, count]

    return recommendations


def _answer(recommend: Recommend, kind: str, count: int, ids: dict[str, str]) -> tuple[Product, ...]:
    try:
        return tuple(clean(product) for product in recommend(kind, count)[:count])
    except Exception:
        logger.exception("nothing is recommended: looking for it failed", extra={**ids, "kind": kind})
        return ()
