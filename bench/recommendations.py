"""How long it takes to choose what a message recommends, out of a shop's rankings; no I/O."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Final

import msgspec

from chalicelib.domain.events import Product
from chalicelib.domain.rankings import NEIGHBOURS, Ranked, Rankings
from chalicelib.domain.recommendations import KINDS, Shelf, Taste

NOW: Final = datetime(2026, 3, 5, tzinfo=UTC)
PRODUCTS, CATEGORIES, ROW = 1000, 20, 4
ROUNDS: Final = 200


def run() -> dict[str, float]:
    """CPU µs to put one row of four in order, on average of all kinds and of the slowest; ms to read the rankings."""
    body = msgspec.msgpack.encode(_rankings())
    began = time.process_time()
    shelf = Shelf(msgspec.msgpack.decode(body, type=Rankings))
    read = time.process_time() - began
    taste = Taste(
        tuple(Product(f"product-{number}") for number in (7, 300, 901)), ("product-5", "product-44"),
        ("product-12", "product-500"), ("category-3", "category-9"),
    )
    taken = []
    for kind in KINDS:
        began = time.process_time()
        for _ in range(ROUNDS):
            list(islice(shelf.candidates(kind, taste), ROW))
        taken.append((time.process_time() - began) / ROUNDS)
    return {
        "row_us": sum(taken) / len(taken) * 1e6, "slowest_row_us": max(taken) * 1e6, "rankings_ms": read * 1000,
    }


def _rankings() -> Rankings:
    return Rankings(NOW, tuple(
        Ranked(
            f"product-{number}", f"category-{number % CATEGORIES}", Decimal(1000 + number * 37 % 20000), "RUB", True,
            tuple((number + step * 7) % PRODUCTS for step in range(1, NEIGHBOURS + 1)),
            tuple((number + step * 11) % PRODUCTS for step in range(1, NEIGHBOURS + 1)),
        )
        for number in range(PRODUCTS)
    ))
