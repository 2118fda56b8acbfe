"""The names of events: which part of an `Event` each carries, which are views, and which only Selvedge itself may say.

A name that is not here is one of the shop's own events; it carries `data`.
"""

from __future__ import annotations

from collections.abc import Mapping

EVENT_PARTS: Mapping[str, str] = {
    "page.viewed": "page",
    "category.viewed": "page",
    "search.performed": "page",
    "product.viewed": "product",
    "product.created": "product",
    "product.updated": "product",
    "product.deleted": "product",
    "product.price-dropped": "product",
    "product.back-in-stock": "product",
    "product.low-stock": "product",
    "wishlist.added": "product",
    "wishlist.removed": "product",
    "cart.updated": "cart",
    "cart.emptied": "cart",
    "checkout.started": "checkout",
    "checkout.updated": "checkout",
    "checkout.completed": "checkout",
    "checkout.deleted": "checkout",
    "order.placed": "order",
    "order.paid": "order",
    "order.packed": "order",
    "order.shipped": "order",
    "order.at-pickup-point": "order",
    "order.delayed": "order",
    "order.delivered": "order",
    "order.cancelled": "order",
    "order.returned": "order",
    "order.deleted": "order",
    "customer.created": "customer",
    "customer.updated": "customer",
    "customer.identified": "customer",
    "customer.untagged": "customer",
    "customer.enabled": "",
    "customer.disabled": "",
    "customer.deleted": "",
    "customer.redaction-requested": "",
    "customer.export-requested": "",
    "customer.merged": "merge",
    "customer.absorbed": "merge",
    "consent.given": "consent",
    "consent.withdrawn": "consent",
    "endpoint.registered": "endpoint",
    "endpoint.gone": "endpoint",
    "shop.redaction-requested": "",
    "review.submitted": "data",
    "survey.answered": "data",
    "survey.commented": "data",
    "form.submitted": "data",
    "store.visited": "data",
    "loyalty.joined": "data",
    "loyalty.level-reached": "data",
    "loyalty.points-awarded": "data",
    "loyalty.points-redeemed": "data",
    "loyalty.points-expiring": "data",
    "loyalty.challenge-done": "data",
    "task.completed": "data",
}
"""Event name -> the field of `Event` that it must carry; empty where the name says all.

`customer.updated` adds the tags it names, `customer.untagged` takes them away. A change of a product is in the log of a
customer who watches it.
"""

VIEWS = frozenset({"page.viewed", "category.viewed", "product.viewed", "search.performed"})
"""Events that are many and light: several of one visitor in one request become one log entry."""

NOT_THE_CUSTOMERS = frozenset({
    "product.created", "product.updated", "product.deleted", "product.price-dropped", "product.back-in-stock",
    "product.low-stock", "order.paid", "order.packed", "order.shipped", "order.at-pickup-point", "order.delayed",
    "order.delivered", "order.deleted", "customer.untagged", "customer.disabled", "customer.deleted",
    "customer.redaction-requested", "shop.redaction-requested", "loyalty.level-reached", "loyalty.points-awarded",
    "loyalty.points-expiring", "endpoint.gone",
})
"""What happens to a customer without their doing: no visit, no activity."""

INTERNAL_PREFIXES = ("message.", "timer.", "broadcast.", "endpoint.", "segment.", "date.", "journey.", "task.")
INTERNAL_NAMES = frozenset({"customer.merged", "customer.absorbed"})

SHOP_LOG = "shop"
"""The id under which the log keeps what concerns the shop and no customer."""


def part_of(name: str) -> str:
    """The field of `Event` that an event of this name carries: `data` for the shop's own, empty for none."""
    return EVENT_PARTS.get(name, "data")


def is_internal(name: str) -> bool:
    """Whether only Selvedge itself says this; a request that claims it is refused."""
    return name in INTERNAL_NAMES or name.startswith(INTERNAL_PREFIXES)


def is_activity(name: str) -> bool:
    """Whether an event shows that the customer did something; the shop's own events do."""
    return name not in NOT_THE_CUSTOMERS and not is_internal(name)
