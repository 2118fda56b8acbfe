"""What the demo shop knows of its one visitor: who it is, what is in the cart, what was ordered."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from infra.local.demo_products import Garment, find

POSTS_KEPT = 30


@dataclass
class Person:
    """The visitor once named. `storefront_id` is the storefront's own number of the customer."""

    storefront_id: str
    email: str
    first_name: str
    last_name: str = ""
    phone: str = ""


@dataclass
class Basket:
    """A cart, or what was ordered: pieces by product id."""

    token: str
    pieces: dict[str, int] = field(default_factory=dict)

    def lines(self) -> list[tuple[Garment, int]]:
        """The products with their number of pieces."""
        return [(garment, count) for product_id, count in self.pieces.items() if (garment := find(product_id))]

    @property
    def total(self) -> Decimal:
        """The sum of the prices."""
        return sum((garment.price * count for garment, count in self.lines()), start=Decimal(0))


@dataclass
class Order:
    """An order of the demo shop; `facts` say what has become of it (`paid`, `shipped`, `delivered`, …)."""

    id: str
    number: int
    basket: Basket
    placed_at: str
    facts: list[str] = field(default_factory=list)


@dataclass
class Session:
    """One visitor of the demo shop. `posts` are the webhooks sent on the visitor's behalf, the newest first.

    `push_key` is the browser's own, `shop_key` the one of the shop that it has subscribed to.
    """

    id: str
    storefront: str = "shopify"
    language: str = "en"
    person: Person | None = None
    basket: Basket | None = None
    checkout_id: str = ""
    orders: list[Order] = field(default_factory=list)
    push_key: str = ""
    shop_key: str = ""
    device: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)

    def leave(self) -> None:
        """Become a visitor whom nobody knows."""
        self.person, self.basket, self.checkout_id, self.orders, self.push_key = None, None, "", [], ""
        self.device = self.shop_key = ""

    def note(self, post: dict[str, Any]) -> None:
        """Keep what was posted, for the page to show."""
        self.posts = [post, *self.posts][:POSTS_KEPT]


class Sessions:
    """All visitors' sessions; with a `file`, kept over restarts."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        stored = json.loads(file.read_text()) if file is not None and file.is_file() else []
        self._sessions = {fields["id"]: _session(fields) for fields in stored}

    def get(self, identifier: str) -> Session:
        """The session with this id; a new one, not kept yet, where there is none."""
        return self._sessions.get(identifier) or Session(secrets.token_urlsafe(12))

    def keep(self, session: Session) -> None:
        """Remember a session from now on."""
        self._sessions[session.id] = session

    def holder_of(self, push_key_id: str) -> Session | None:
        """The session whose browser holds this push subscription."""
        return next((one for one in self._sessions.values() if one.push_key and one.id == push_key_id), None)

    def save(self) -> None:
        """Write the sessions down."""
        if self._file is not None:
            used = [asdict(one) for one in self._sessions.values() if one.posts]
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(used))
            fresh.replace(self._file)


def storefront_number() -> str:
    """A number as storefronts give: 64 bits, which is more than a JSON reader that counts in floats can hold."""
    return str(6_000_000_000_000_000_000 + secrets.randbelow(10**18))


def _session(fields: dict[str, Any]) -> Session:
    person, basket = fields.pop("person"), fields.pop("basket")
    orders = [Order(**one | {"basket": Basket(**one["basket"])}) for one in fields.pop("orders")]
    return Session(
        **fields,
        person=Person(**person) if person else None,
        basket=Basket(**basket) if basket else None,
        orders=orders,
    )
