"""UCI Online Retail (invoices of a British gift shop, 2010-12 to 2011-12) as events: orders, and what was given back.

    python -m infra.histories.online_retail online_retail.csv.gz > online_retail.ndjson

Columns: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country. What was done to it:
lines without a customer, and lines of no price or (in an invoice) no quantity, are left out; an invoice is one
`order.placed`, one whose number begins with C is one `order.returned` of its own. The data knows no addresses and no
consents: each customer gets a mail address at `example.com` and agrees to mail with their first invoice.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from infra.histories import write_lines

ZONE: Final = ZoneInfo("Europe/London")
LINES_KEPT: Final = 100
"""Lines of an order that are told; the total is of all. An event holds 64 KB, the longest invoice 542 lines."""

Row = dict[str, str]


@dataclass
class _Invoice:
    """An invoice so far; its lines do not all stand together in the file."""

    person: str
    at: datetime
    total: Decimal = Decimal(0)
    lines: list[dict[str, Any]] = field(default_factory=list)


def events(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The events that the rows of the file come to, by time."""
    known: set[str] = set()
    for number, invoice in sorted(_invoices(rows).items(), key=lambda one: (one[1].at, one[0])):
        person, at = invoice.person, invoice.at
        if person not in known:
            known.add(person)
            yield _event(f"{person}-consent", "consent.given", at, person, consent={"channel": "email"})
        order = {"id": number, "number": number, "currency": "GBP"}
        if number.startswith("C"):
            yield _event(number, "order.returned", at, person, order=order | {"refunded": str(-invoice.total)})
        else:
            told = {"total": str(invoice.total), "lines": invoice.lines}
            yield _event(number, "order.placed", at, person, order=order | told)


def _invoices(rows: Iterable[Row]) -> dict[str, _Invoice]:
    invoices: dict[str, _Invoice] = {}
    for row in rows:
        number = row["InvoiceNo"]
        if not _counts(row, returned=number.startswith("C")):
            continue
        invoice = invoices.setdefault(number, _Invoice(row["CustomerID"], _moment(row["InvoiceDate"])))
        invoice.total += int(row["Quantity"]) * Decimal(row["UnitPrice"])
        if len(invoice.lines) < LINES_KEPT:
            invoice.lines.append(_line(row))
    return invoices


def read(path: Path) -> Iterator[Row]:
    """The rows of the file, compressed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _counts(row: Row, *, returned: bool) -> bool:
    if not row["CustomerID"] or Decimal(row["UnitPrice"]) <= 0:
        return False
    return returned or int(row["Quantity"]) > 0


def _event(identifier: str, name: str, at: datetime, person: str, **part: Any) -> dict[str, Any]:
    identities = {"email": f"customer-{person}@example.com", "storefront_id": f"uci:{person}"}
    return {"id": identifier, "name": name, "occurred_at": at, "identities": identities, **part}


def _line(row: Row) -> dict[str, Any]:
    return {
        "product_id": row["StockCode"], "title": row["Description"], "quantity": int(row["Quantity"]),
        "price": row["UnitPrice"],
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def main() -> int:
    """Write the events of the file that is named to standard output, one a line."""
    return write_lines(events(read(Path(sys.argv[1]))))


if __name__ == "__main__":
    sys.exit(main())
