"""A shop's clickstream (Retentioneering's `ecom`, synthetic, January to June 2024) as events: views, carts, orders.

    python -m infra.histories.clickstream ecom.csv.gz > clickstream.ndjson

Columns: user_id, session_id, event, timestamp, platform, acquisition_channel, user_cohort, user_lifecycle. What was
done to it: times count as UTC; the data names no products and no prices, so that a product is that of the session and a
piece costs `PRICE`; a purchase orders the cart since the last one, or a single piece where nothing was put into it.
Users are known from their first click on, by a mail address at `example.com`, and have agreed to mail.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from infra.histories import write_lines

PRICE: Final = 2990
"""Of each piece, in roubles; the data has none."""

VIEWS: Final = {
    "catalog": "category.viewed",
    "filter_results": "category.viewed",
    "search": "search.performed",
    "product_view": "product.viewed",
    "wishlist_add": "wishlist.added",
}
"""What is a view of some kind; all that is neither this nor below is `page.viewed`."""

Row = dict[str, str]


@dataclass
class _User:
    carts: int = 1
    pieces: int = 0


def events(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The events that the rows come to, by time."""
    users: dict[str, _User] = {}
    for number, row in enumerate(sorted(rows, key=lambda row: (row["timestamp"], row["user_id"]))):
        person = row["user_id"]
        if person not in users:
            users[person] = _User()
            yield _event(row, f"{person}-consent", "consent.given", consent={"channel": "email"})
        yield _told(row, str(number), users[person])


def read(path: Path) -> Iterator[Row]:
    """The rows of the file, compressed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _told(row: Row, identifier: str, user: _User) -> dict[str, Any]:
    name = row["event"]
    cart = f"{row['user_id']}-{user.carts}"
    if name == "add_to_cart":
        user.pieces += 1
        held = {"id": cart, "total": str(user.pieces * PRICE), "lines": [_line(row, user.pieces)]}
        return _event(row, identifier, "cart.updated", cart=held)
    if name == "shipping_details":
        return _event(row, identifier, "checkout.started", checkout=_checkout(cart, user))
    if name == "payment_details":
        return _event(row, identifier, "checkout.updated", checkout=_checkout(cart, user))
    if name == "purchase":
        pieces = user.pieces or 1
        order = {"id": f"order-{cart}", "cart_id": cart, "total": str(pieces * PRICE), "lines": [_line(row, pieces)]}
        user.carts, user.pieces = user.carts + 1, 0
        return _event(row, identifier, "order.placed", order=order)
    view = VIEWS.get(name, "page.viewed")
    if view in ("product.viewed", "wishlist.added"):
        return _event(row, identifier, view, product={"id": row["session_id"], "category": "catalog"})
    return _event(row, identifier, view, page={"url": f"https://shop.example/{name}", "category": "catalog"})


def _checkout(cart: str, user: _User) -> dict[str, Any]:
    return {"id": f"checkout-{cart}", "cart_id": cart, "total": str((user.pieces or 1) * PRICE)}


def _line(row: Row, pieces: int) -> dict[str, Any]:
    return {"product_id": row["session_id"], "quantity": pieces, "price": str(PRICE)}


def _event(row: Row, identifier: str, name: str, **part: Any) -> dict[str, Any]:
    person = row["user_id"]
    identities = {"email": f"{person}@example.com", "storefront_id": f"ecom:{person}"}
    at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
    return {"id": identifier, "name": name, "occurred_at": at, "identities": identities, **part}


def main() -> int:
    """Write the events of the file that is named to standard output, one a line."""
    return write_lines(events(read(Path(sys.argv[1]))))


if __name__ == "__main__":
    sys.exit(main())
