"""The pages of a run: start, demo shop, outbox, customers, clock. Everything else is the product's API."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from chalicelib import clock
from chalicelib.console.pages import ClockFace, Frame, Place, render_problem
from chalicelib.console.preview import Look
from chalicelib.console.timeline import money, render_customer, render_customers
from chalicelib.console.why import render_why
from chalicelib.console.wording import Wording
from chalicelib.errors import UnknownCustomerError
from chalicelib.flows import definitions_in_force, timeline
from chalicelib.flows.drafts import problems_of_uploads
from chalicelib.flows.means import means
from chalicelib.flows.preview import of_uploads
from chalicelib.flows.test_sends import send_test
from chalicelib.flows.why import explain, explain_absence
from infra.local import site
from infra.local.demo_products import CURRENCY, GARMENTS, picture
from infra.local.demo_session import Session, Sessions
from infra.local.demo_shop import DemoError, DemoShop
from infra.local.http_event import HttpApi
from infra.local.hurry import Hurry
from infra.local.outbox_pages import OutboxPages
from infra.local.push_service import PATH as PUSH_SERVICE
from infra.local.push_service import PushService
from infra.local.rehearsal_page import rehearsal_page
from infra.local.sent_pages import sent_body, sent_page
from infra.local.site import page as _page
from infra.local.template_pages import PATH as TEMPLATES
from infra.local.template_pages import RULES, TemplatePages
from infra.local.wording import TEXTS

FOLDER = Path(__file__).with_name("pages")
SPANS = {
    "hour-1": timedelta(hours=1),
    "hour-12": timedelta(hours=12),
    "day-1": timedelta(days=1),
    "day-4": timedelta(days=4),
}
VISITOR_COOKIE = "visitor"

_ROUTES = Map(
    [
        Rule("/", endpoint="start", methods=["GET"]),
        Rule("/static/<name>", endpoint="static", methods=["GET"]),
        Rule("/shop", endpoint="shop", methods=["GET"]),
        Rule("/shop/pictures/<handle>.svg", endpoint="picture", methods=["GET"]),
        Rule("/shop/<action>", endpoint="act", methods=["POST"]),
        Rule("/outbox", endpoint="outbox", methods=["GET"]),
        Rule("/outbox/<identifier>", endpoint="message", methods=["GET"]),
        Rule("/outbox/<identifier>/body", endpoint="body", methods=["GET"]),
        Rule("/outbox/<identifier>/link", endpoint="link", methods=["GET"]),
        Rule("/outbox/<identifier>/<kind>", endpoint="pretend", methods=["POST"]),
        Rule("/customers", endpoint="customers", methods=["GET"]),
        Rule("/customers/<identifier>", endpoint="customer", methods=["GET"]),
        Rule("/rehearsal", endpoint="rehearsal", methods=["GET"]),
        Rule("/customers/<identifier>/why", endpoint="why", methods=["GET"]),
        Rule("/customers/<customer>/messages/<identifier>", endpoint="sent", methods=["GET"]),
        Rule("/customers/<customer>/messages/<identifier>/body", endpoint="sent body", methods=["GET"]),
        Rule("/clock", endpoint="hurry", methods=["POST"]),
        Rule("/environment", endpoint="environment", methods=["GET"]),
        *(rule.empty() for rule in RULES),
    ]
)


PRODUCT = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB",
)
"""What another process needs of the environment, besides `SELVEDGE_…`, to find the emulated AWS."""


def environment() -> dict[str, str]:
    """The environment that the product's functions run in: `./selvedge --local` takes it over, the clock included."""
    return {
        name: value for name, value in os.environ.items() if name in PRODUCT or name.startswith("SELVEDGE_")
    }


@dataclass(frozen=True)
class Visit:
    """One request for a page, by whom, and the frame in which it is answered."""

    request: Request
    frame: Frame
    session: Session


@dataclass
class Pages:
    """Answers every request to the laptop's one address: a page where there is one, else the product's API."""

    api: HttpApi
    url: str
    hurry: Hurry
    speed: float
    sessions: Sessions
    shop: DemoShop
    outbox: OutboxPages
    push: PushService
    _hosts: frozenset[str] = field(init=False)
    _endpoints: dict[str, Callable[..., Response]] = field(init=False)

    def __post_init__(self) -> None:
        self._hosts = site.hosts_of(self.url)
        templates = TemplatePages(
            clock.now, lambda: of_uploads(clock.now()), problems_of_uploads, _customer_of, _send_test,
            trusted_origins=frozenset({self.url}),
        )
        self._endpoints = {
            "start": self.start,
            "static": lambda _, name: site.static(name),
            "shop": self.shop_page,
            "picture": self.picture,
            "act": self.act,
            "customers": self.customers,
            "customer": self.customer,
            "why": self.why,
            "sent": lambda visit, customer, identifier: sent_page(
                visit.frame, self._settings(), customer, identifier,
            ),
            "sent body": lambda _, customer, identifier: sent_body(customer, identifier),
            "hurry": self.move_on,
            "environment": lambda _: Response(json.dumps(environment()), mimetype="application/json"),
            "rehearsal": lambda visit: _page(rehearsal_page(visit.frame, visit.request.args.get("journey", ""))),
            "outbox": lambda visit: self.outbox.all(visit.request, visit.frame),
            "message": lambda visit, identifier: self.outbox.one(visit.request, visit.frame, identifier),
            "body": lambda _, identifier: self.outbox.body(identifier),
            "link": lambda visit, identifier: self.outbox.link(visit.request, identifier),
            "pretend": lambda _, identifier, kind: self.outbox.pretend(identifier, kind),
            **{rule.endpoint: _answering(templates, str(rule.endpoint)) for rule in RULES},
        }

    def answer(self, request: Request) -> Response:
        """The answer to a request. Foreign host names are refused, so that no site can reach in by DNS rebinding."""
        if request.host not in self._hosts:
            return Response("this address is served on 127.0.0.1 only", 421)
        if request.path.startswith(PUSH_SERVICE):
            return self.push.answer(request)
        try:
            endpoint, values = _ROUTES.bind("", path_info=request.path, default_method=request.method).match()
        except HTTPException:
            return self.api.answer(request)
        if request.method == "POST" and not site.same_origin(request, self._hosts):
            return Response("posted from another site", 403)
        language = site.language(request)
        frame = self._frame(request, language)
        session = self.sessions.get(request.cookies.get(VISITOR_COOKIE, ""))
        session.language = language
        try:
            response = self._endpoints[endpoint](Visit(request, frame, session), **values)
        except NotFound:
            response = _page(render_problem(frame, frame.words("not-found"), frame.words("no-page")), 404)
        site.remember(request, response, language)
        if endpoint in ("shop", "act"):
            response.set_cookie(VISITOR_COOKIE, session.id, samesite="Lax", httponly=True, max_age=31_536_000)
        return response

    def start(self, visit: Visit) -> Response:
        """Where everything is."""
        return _page(visit.frame.render("start.html", title=visit.frame.words("start"), url=self.url))

    def shop_page(self, visit: Visit) -> Response:
        """The demo shop."""
        person = visit.session.person
        found = timeline.search(person.email) if person else []
        return _page(
            visit.frame.render(
                "shop.html",
                title=visit.frame.words("shop"),
                garments=GARMENTS,
                session=visit.session,
                money=money,
                currency=CURRENCY,
                problem=visit.request.args.get("problem", ""),
                storefronts=tuple(self.shop.storefronts),
                customer_id=found[0].customer_id if found else "",
                time=lambda at: at[11:16],
            )
        )

    def picture(self, _visit: Visit, handle: str) -> Response:
        """A product's picture."""
        garment = next((one for one in GARMENTS if one.handle == handle), None)
        if garment is None:
            raise NotFound
        return Response(picture(garment), mimetype="image/svg+xml", headers={"Cache-Control": "max-age=3600"})

    def act(self, visit: Visit, action: str) -> Response:
        """One press of a button in the demo shop."""
        if action == "leave":
            visit.session.leave()
            return redirect("/shop", 303)
        self.sessions.keep(visit.session)
        try:
            self.shop.act(visit.session, action, dict(visit.request.form), visit.request.form.getlist("consent"))
        except DemoError as error:
            return redirect(f"/shop?{urlencode({'problem': error.key})}", 303)
        except KeyError:
            raise NotFound from None
        finally:
            self.sessions.save()
        product = visit.request.form.get("handle", "")
        return redirect(f"/shop#{quote(product)}" if product else "/shop", 303)

    def customers(self, visit: Visit) -> Response:
        """The list of customers, or a search."""
        query = visit.request.args.get("q", "").strip()
        found = timeline.search(query) if query else timeline.heard_from(clock.now())
        if query and len(found) == 1:
            return redirect(f"/customers/{quote(found[0].customer_id)}", 303)
        return _page(render_customers(found, visit.frame, self._settings(), query=query))

    def customer(self, visit: Visit, identifier: str) -> Response:
        """One customer's timeline."""
        found = timeline.gather(identifier)
        if found is None:
            words = visit.frame.words
            return _page(render_problem(visit.frame, words("not-found"), words("customer-not-found")), 404)
        return _page(render_customer(found, visit.frame, self._settings(), technical="all" in visit.request.args))

    def why(self, visit: Visit, identifier: str) -> Response:
        """One customer's decisions, and the answer to why a message did not come."""
        asked, day = visit.request.args.get("message", ""), visit.request.args.get("day", "")
        not_got = None
        try:
            if asked and day:
                explained, not_got = explain_absence(identifier, asked, date.fromisoformat(day))
            else:
                explained = explain(identifier)
        except ValueError:
            raise NotFound from None
        except UnknownCustomerError:
            words = visit.frame.words
            return _page(render_problem(visit.frame, words("not-found"), words("customer-not-found")), 404)
        definitions = definitions_in_force.current(clock.now())
        return _page(render_why(
            explained, visit.frame, definitions.settings, messages=definitions.messages, not_got=not_got
        ))

    def move_on(self, visit: Visit) -> Response:
        """Move time on."""
        span = SPANS.get(visit.request.form.get("span", ""))
        if span is None:
            raise NotFound
        self.hurry.ask(span)
        back = visit.request.form.get("back", "")
        return redirect(back if _local(back) else "/", 303)

    def _settings(self) -> Any:
        return definitions_in_force.current(clock.now()).settings

    def _frame(self, request: Request, language: str) -> Frame:
        words = Wording(language, TEXTS)
        query = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "lang"])
        return Frame(
            words=words,
            path=request.path + (f"?{query}" if query else ""),
            folders=(FOLDER,),
            places=(
                Place("/shop", words("shop")),
                Place("/outbox", words("outbox")),
                Place("/customers", words("customers")),
                Place("/rehearsal", words("rehearsal")),
                Place(TEMPLATES, words("templates")),
            ),
            clock=ClockFace(clock.now(), self.speed, self._settings().time_zone, tuple(SPANS), self.hurry.left),
        )


def _answering(templates: TemplatePages, endpoint: str) -> Callable[..., Response]:
    return lambda visit, **values: templates.answer(endpoint, values, visit.request, visit.frame)


def _customer_of(text: str) -> str:
    """The id of the customer whom an address or an id leads to; the text itself where there is none."""
    found = timeline.search(text)
    return found[0].customer_id if found else text


def _send_test(name: str, look: Look, to: str, now: datetime) -> str:
    """Send a test; it is seen in the outbox."""
    sent = send_test(
        of_uploads(now), means(), name, to, now, locale=look.locale, sample=look.sample or "full",
        customer_id=_customer_of(look.customer) if look.customer else "",
    )
    return f"/outbox/{quote(sent.provider_id)}"


def _local(path: str) -> bool:
    return path.startswith("/") and not path.startswith("//") and "\\" not in path
