"""What the visitor of the demo shop does, told to the product as a storefront would: over HTTP, signed.

Webhooks come from the storefront; what it has no webhook for comes from the shop's own script, by `/v1/events`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import urllib3

from infra.local.demo_products import CURRENCY, GARMENTS, find
from infra.local.demo_session import Basket, Order, Person, Session, storefront_number
from infra.local.demo_shopify import ShopifyStore
from infra.local.demo_woocommerce import WooCommerceShop
from infra.local.push_service import PATH as PUSH_SERVICE
from infra.local.push_service import new_browser_key, subscription

FIRST_ORDER = 1001


class DemoError(Exception):
    """The visitor cannot do that now; `key` names the sentence that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass
class DemoShop:
    """Acts for visitors: `url` is the API's address, `secrets` are the storefronts' and the API's."""

    url: str
    secrets: dict[str, str]
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        pictures = f"{self.url}/shop/pictures"
        self.storefronts: dict[str, ShopifyStore | WooCommerceShop] = {
            store.name: store for store in (ShopifyStore(pictures), WooCommerceShop(pictures))
        }
        self._http = urllib3.PoolManager(maxsize=4, retries=False)
        self._listed: set[tuple[str, str]] = set()

    def open(self, storefront: str) -> None:
        """List the products before anybody comes, in the language that most visitors begin with."""
        self._list_products(Session("", storefront))

    def act(self, session: Session, action: str, form: dict[str, str], consents: Iterable[str] = ()) -> None:
        """Do one thing for a visitor. Raises DemoError when it cannot be done, KeyError for an unknown action."""
        self._list_products(session)
        actions: dict[str, Callable[[], None]] = {
            "sign-up": lambda: self._sign_up(session, form, list(consents)),
            "view": lambda: self._view(session, form),
            "add": lambda: self._add(session, form),
            "empty": lambda: self._empty(session),
            "checkout": lambda: self._check_out(session),
            "buy": lambda: self._buy(session),
            "ship": lambda: self._follow_up(session, form, "shipped"),
            "deliver": lambda: self._follow_up(session, form, "delivered"),
            "cancel": lambda: self._follow_up(session, form, "cancelled"),
            "refund": lambda: self._follow_up(session, form, "refunded"),
            "allow-push": lambda: self._allow_push(session),
            "install-app": lambda: self._install_app(session),
        }
        actions[action]()

    def _sign_up(self, session: Session, form: dict[str, str], consents: list[str]) -> None:
        email = form.get("email", "").strip()
        if "@" not in email:
            raise DemoError("email-needed")
        session.storefront = form.get("storefront", "") if form.get("storefront") in self.storefronts else "shopify"
        session.person = Person(
            storefront_number(),
            email,
            form.get("first_name", "").strip() or email.partition("@")[0],
            form.get("last_name", "").strip(),
            form.get("phone", "").strip(),
        )
        self._list_products(session)
        store = self._store(session)
        self._deliver(session, store.signed_up(session, consents, self.now()))
        self._say(
            session,
            "customer.updated",
            customer={"first_name": session.person.first_name, "locale": session.language, "country": "RU"},
        )
        if session.storefront == "woocommerce":
            for channel in consents:
                self._say(session, "consent.given", consent={"channel": channel, "source": "sign-up form"})

    def _view(self, session: Session, form: dict[str, str]) -> None:
        garment = find(form.get("product", ""))
        if garment is None:
            raise DemoError("no-such-product")
        self._say(
            session,
            "product.viewed",
            product={
                "id": garment.id,
                "title": garment.name(session.language),
                "category": garment.kind(session.language),
                "price": str(garment.price),
                "currency": CURRENCY,
                "image_url": f"{self.url}/shop/pictures/{garment.handle}.svg",
                "url": f"{self.url}/shop#{garment.handle}",
            },
        )

    def _add(self, session: Session, form: dict[str, str]) -> None:
        garment = find(form.get("product", ""))
        if garment is None:
            raise DemoError("no-such-product")
        created = session.basket is None
        if session.basket is None:
            session.basket = Basket(secrets.token_hex(16))
            if session.person is not None:
                self._say(
                    session, "customer.identified", customer={}, cart_id=f"{session.storefront}:{session.basket.token}"
                )
        session.basket.pieces[garment.id] = session.basket.pieces.get(garment.id, 0) + 1
        self._tell_cart(session, created=created)

    def _empty(self, session: Session) -> None:
        if session.basket is None:
            raise DemoError("cart-is-empty")
        session.basket.pieces.clear()
        self._tell_cart(session, created=False)
        session.basket = None

    def _check_out(self, session: Session) -> None:
        self._ready_to_order(session)
        session.checkout_id = storefront_number()
        deliveries = self._store(session).checkout(session, self.now())
        self._deliver(session, deliveries)
        if not deliveries and session.basket is not None:
            basket = session.basket
            self._say(
                session,
                "checkout.started",
                checkout={
                    "id": session.checkout_id,
                    "cart_id": basket.token,
                    "total": str(basket.total),
                    "currency": CURRENCY,
                    "lines": self._lines(session, basket),
                    "url": f"{self.url}/shop",
                },
            )

    def _buy(self, session: Session) -> None:
        basket = self._ready_to_order(session)
        number = FIRST_ORDER + len(session.orders)
        order = Order(storefront_number(), number, basket, self.now().isoformat())
        session.orders.insert(0, order)
        self._deliver(session, self._store(session).order(session, order, self.now()))
        session.basket, session.checkout_id = None, ""

    def _follow_up(self, session: Session, form: dict[str, str], fact: str) -> None:
        order = next((one for one in session.orders if one.id == form.get("order")), None)
        if order is None:
            raise DemoError("no-such-order")
        if fact in order.facts:
            return
        order.facts.append(fact)
        deliveries = getattr(self._store(session), fact)(session, order, self.now())
        self._deliver(session, deliveries)
        if not deliveries:
            self._say(session, f"order.{fact}", order={"id": order.id, "number": str(order.number)})

    def _allow_push(self, session: Session) -> None:
        if session.person is None:
            raise DemoError("sign-up-first")
        answer = self._http.request("GET", f"{self.url}/push/key")
        if answer.status != 200:
            raise DemoError("no-push-key")
        session.push_key, session.shop_key = new_browser_key(), json.loads(answer.data)["key"]
        body = {
            "subscription": subscription(session.push_key, f"{self.url}{PUSH_SERVICE}{session.id}"),
            "device_id": f"demo-{session.id}",
            "identities": {"email": session.person.email},
        }
        self._post(
            session, "/push/subscriptions", "push subscription", json.dumps(body).encode(), self._script_headers()
        )

    def _install_app(self, session: Session) -> None:
        if session.person is None:
            raise DemoError("sign-up-first")
        session.device = secrets.token_hex(32)
        body = {
            "identities": {"email": session.person.email},
            "platform": "GCM",
            "token": session.device,
            "consent_text": "The app's own question about notifications",
        }
        self._post(session, "/push/endpoints", "app installed", json.dumps(body).encode(), self._script_headers())

    def _list_products(self, session: Session) -> None:
        """Post the catalogue once for each storefront and language: lines of a cart carry no pictures."""
        if (session.storefront, session.language) in self._listed:
            return
        self._listed.add((session.storefront, session.language))
        store = self._store(session)
        for garment in GARMENTS:
            self._deliver(session, store.product(garment, session.language, self.now()), note=False)

    def _tell_cart(self, session: Session, *, created: bool) -> None:
        deliveries = self._store(session).cart(session, self.now(), created)
        self._deliver(session, deliveries)
        if not deliveries and session.basket is not None:
            basket = session.basket
            name = "cart.updated" if basket.pieces else "cart.emptied"
            self._say(
                session,
                name,
                cart={
                    "id": basket.token,
                    "total": str(basket.total),
                    "currency": CURRENCY,
                    "lines": self._lines(session, basket),
                    "url": f"{self.url}/shop",
                },
            )

    def _lines(self, session: Session, basket: Basket) -> list[dict[str, Any]]:
        return [
            {
                "product_id": garment.id,
                "title": garment.name(session.language),
                "quantity": count,
                "price": str(garment.price),
                "image_url": f"{self.url}/shop/pictures/{garment.handle}.svg",
                "url": f"{self.url}/shop#{garment.handle}",
            }
            for garment, count in basket.lines()
        ]

    def _store(self, session: Session) -> ShopifyStore | WooCommerceShop:
        return self.storefronts[session.storefront]

    def _ready_to_order(self, session: Session) -> Basket:
        if session.person is None:
            raise DemoError("sign-up-first")
        if session.basket is None or not session.basket.pieces:
            raise DemoError("cart-is-empty")
        return session.basket

    def _deliver(self, session: Session, deliveries: list[tuple[str, dict[str, Any]]], *, note: bool = True) -> None:
        store = self._store(session)
        secret = self.secrets[f"hooks/{store.name}"]
        for topic, body in deliveries:
            raw, headers = store.signed(topic, body, secret, self.now())
            self._post(session, store.path, topic, raw, headers, note=note)

    def _say(self, session: Session, name: str, *, cart_id: str = "", **part: dict[str, Any]) -> None:
        """Post one event by the documented API, as the shop's script does."""
        identities = {"device_id": f"demo-{session.id}"}
        if session.person is not None:
            number = session.person.storefront_id
            known = str(int(number) % 10**7) if session.storefront == "woocommerce" else number
            identities |= {"email": session.person.email, "storefront_id": f"{session.storefront}:{known}"}
        if cart_id:
            identities["cart_id"] = cart_id
        body = {
            "id": secrets.token_hex(12),
            "name": name,
            "occurred_at": self.now().isoformat(),
            "identities": identities,
        }
        self._post(session, "/v1/events", name, json.dumps(body | part).encode(), self._script_headers())

    def _script_headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "X-Api-Key": self.secrets["api-keys"]}

    def _post(
        self, session: Session, path: str, topic: str, body: bytes, headers: dict[str, str], *, note: bool = True
    ) -> None:
        answer = self._http.request("POST", self.url + path, body=body, headers=headers)
        if note or answer.status != 200:
            shown = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
            session.note(
                {
                    "path": path,
                    "topic": topic,
                    "status": answer.status,
                    "at": self.now().isoformat(),
                    "body": shown,
                    "answer": answer.data.decode(errors="replace")[:300],
                }
            )
