"""The pages about templates on this machine: of a folder (`make preview`), or of a run's bucket (`make run`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from time import monotonic
from urllib.parse import quote, urlencode

from werkzeug.exceptions import NotFound
from werkzeug.routing import Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from chalicelib.console.pages import Frame, render_problem
from chalicelib.console.preview import (
    Card,
    Extras,
    FormForTests,
    Look,
    document,
    document_headers,
    render_gallery,
    render_preview,
)
from chalicelib.errors import (
    DefinitionError,
    SelvedgeError,
    UnknownCustomerError,
    UnknownMessageError,
    UnknownSampleError,
)
from chalicelib.flows.link_checks import reached
from chalicelib.flows.preview import Previewed, Previewer
from chalicelib.flows.preview_subjects import PHOTOS as SAMPLE_PHOTOS
from infra.local.sample_photos import sample_photo
from infra.local.site import page

PATH = "/templates"
PHOTOS = f"{PATH}/photos/"
RULES = (
    Rule(PATH, endpoint="templates", methods=["GET"]),
    Rule(f"{PHOTOS}<name>", endpoint="template-photo", methods=["GET"]),
    Rule(f"{PATH}/<name>", endpoint="template", methods=["GET"]),
    Rule(f"{PATH}/<name>/shown", endpoint="template-shown", methods=["GET"]),
    Rule(f"{PATH}/<name>/links", endpoint="template-links", methods=["POST"]),
    Rule(f"{PATH}/<name>/test", endpoint="template-test", methods=["POST"]),
)
"""Their addresses, for a `werkzeug.routing.Map`."""
ANSWERS_KEPT = 200
AT_ONCE = 1.0
"""Seconds for which the pages go by the files that they have looked at: a gallery asks for fifty messages together."""

SendTest = Callable[[str, Look, str, datetime], str]
"""Sends a test of a message, as it looks, to an address; answers where it can be seen. Raises SelvedgeError."""


@dataclass
class TemplatePages:
    """`previewer` is asked for at each request, since files change; `problems` tells what is known to be wrong, by
    message. Without `find_customer` there are only samples; without `send_test` nothing can be sent."""

    now: Callable[[], datetime]
    previewer: Callable[[], Previewer]
    problems: Callable[[], Mapping[str, int]]
    find_customer: Callable[[str], str] | None = None
    send_test: SendTest | None = None
    trusted_origins: frozenset[str] = frozenset()
    _reached: dict[str, str] = field(default_factory=dict)
    _known: Previewer | None = None
    _looked_at: float = 0.0
    _looking: Lock = field(default_factory=Lock)

    def answer(self, endpoint: str, values: Mapping[str, str], request: Request, frame: Frame) -> Response:
        """The answer to a request for one of `RULES`. Raises NotFound."""
        match endpoint:
            case "templates":
                return self.gallery(request, frame)
            case "template-photo":
                return self.photo(values["name"])
            case "template":
                return self.one(request, frame, values["name"])
            case "template-shown":
                return self.shown(request, frame, values["name"])
            case "template-links":
                return self.check_links(request, values["name"])
            case "template-test":
                return self.test(request, values["name"])
        raise NotFound

    def gallery(self, request: Request, frame: Frame) -> Response:
        """All messages."""
        drafts, problems = self._current().drafts, self.problems()
        groups: list[tuple[str, Sequence[Card]]] = []
        for journey, names in drafts.by_journey():
            cards = []
            for name in names:
                try:
                    channels = drafts.definition(name).channels
                    cards.append(Card(name, channels, problems.get(name, 0)))
                except DefinitionError:
                    cards.append(Card(name, (), max(1, problems.get(name, 0))))
            groups.append((journey, cards))
        settings = drafts.settings
        locales = list(dict.fromkeys((settings.locale, *settings.locales)))
        return page(render_gallery(
            groups, frame, Look.of(request.args), locales=locales, query=request.args.get("q", "").strip()[:100],
            wrong=[str(problem) for problem in drafts.wrong], path=PATH, stamp=drafts.stamp,
        ))

    def one(self, request: Request, frame: Frame, name: str) -> Response:
        """One message."""
        look = Look.of(request.args)
        previewer = self._current()
        try:
            shown = self._previewed(previewer, name, look)
        except (UnknownMessageError, UnknownSampleError, UnknownCustomerError) as error:
            return page(render_problem(frame, frame.words("not-found"), str(error)), 404)
        extras = Extras(
            reached={link.url: self._reached[link.url] for link in shown.links if link.url in self._reached},
            test=self._form(request, previewer, shown), has_customers=self.find_customer is not None, path=PATH,
            stamp=previewer.drafts.stamp,
        )
        return page(render_preview(shown, frame, look, extras))

    def shown(self, request: Request, frame: Frame, name: str) -> Response:
        """The message itself, as a document that can do nothing."""
        look = Look.of(request.args)
        try:
            words = self._current().words(name, self.now(), **self._wanted(look))
        except (UnknownMessageError, UnknownSampleError, UnknownCustomerError):
            raise NotFound from None
        headers = document_headers(look, request.host_url.rstrip("/"))
        return Response(document(words, frame, look, PHOTOS), headers=headers)

    def photo(self, name: str) -> Response:
        """A photo of the samples."""
        drawn = sample_photo(f"{SAMPLE_PHOTOS}{name}")
        if drawn is None:
            raise NotFound
        return Response(drawn, mimetype="image/svg+xml", headers={"Cache-Control": "max-age=3600"})

    def check_links(self, request: Request, name: str) -> Response:
        """Ask the pages that a message links to, and show what they answered."""
        look = Look.of(request.args)
        try:
            shown = self._previewed(self._current(), name, look)
        except SelvedgeError:
            raise NotFound from None
        if len(self._reached) > ANSWERS_KEPT:
            self._reached.clear()
        self._reached |= reached(shown.links, trusted_origins=self.trusted_origins)
        return redirect(f"{PATH}/{quote(name, safe='')}{look.query()}", 303)

    def test(self, request: Request, name: str) -> Response:
        """Send a test, and tell on the message's page what became of it."""
        if self.send_test is None:
            raise NotFound
        look, to = Look.of(request.args), request.form.get("to", "")
        try:
            said = {"sent": to, "seen": self.send_test(name, look, to, self.now())}
        except SelvedgeError as error:
            said = {"refused": str(error)}
        back = f"{PATH}/{quote(name, safe='')}{look.query()}"
        return redirect(f"{back}{'&' if look.query() else '?'}{urlencode(said)}#test", 303)

    def _previewed(self, previewer: Previewer, name: str, look: Look) -> Previewed:
        return previewer.preview(name, self.now(), **self._wanted(look))

    def _wanted(self, look: Look) -> dict[str, str]:
        customer = look.customer
        if customer and self.find_customer is not None:
            customer = self.find_customer(customer)
        return {
            "channel": look.channel, "locale": look.locale, "sample": look.sample or "full", "customer_id": customer,
        }

    def _current(self) -> Previewer:
        """The previews, asked for once for all that a page shows at the same time."""
        with self._looking:
            if self._known is None or monotonic() - self._looked_at > AT_ONCE:
                self._known, self._looked_at = self.previewer(), monotonic()
            return self._known

    def _form(self, request: Request, previewer: Previewer, shown: Previewed) -> FormForTests | None:
        if self.send_test is None:
            return None
        is_mail = shown.channel == "email"
        addresses = previewer.drafts.settings.test_addresses
        fitting = tuple(one for one in addresses if ("@" in one) == is_mail)
        refused, seen = request.args.get("refused", ""), request.args.get("seen", "")
        return FormForTests(
            fitting, said=refused or request.args.get("sent", ""), refused=bool(refused),
            seen_at=seen if seen.startswith("/outbox") else "",
        )
