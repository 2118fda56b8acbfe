"""A message as it was sent, in a browser: shown again from what it was made of, whatever has changed since."""

from __future__ import annotations

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from chalicelib.console.pages import HEADERS, Frame, render_problem
from chalicelib.domain.shop import ShopSettings
from chalicelib.domain.timing import zone
from chalicelib.errors import CannotShowError, MessageMissingError
from chalicelib.flows.shown_again import shown_again
from infra.local.outbox_pages import MAIL_POLICY
from infra.local.site import page


def sent_page(frame: Frame, settings: ShopSettings, customer_id: str, message_id: str) -> Response:
    """The page of one message; what cannot be shown any more says why. Raises NotFound for a message there is none of.
    """
    where = zone(settings.time_zone)
    assert where is not None  # shop.yaml was checked
    try:
        shown = shown_again(customer_id, message_id)
    except MessageMissingError as error:
        raise NotFound from error
    except CannotShowError as error:
        return page(render_problem(frame, frame.words("sent-gone"), str(error)), 409)
    rendered = shown.rendered
    return page(frame.render(
        "sent.html", title=rendered.subject or rendered.title or shown.message.name, message=shown.message,
        rendered=rendered, mail=shown.mail, moment=lambda at: frame.words.moment(at, where),
    ))


def sent_body(customer_id: str, message_id: str) -> Response:
    """The HTML part of a mail, as a document that can do nothing. Raises NotFound where there is none to show."""
    try:
        shown = shown_again(customer_id, message_id)
    except (MessageMissingError, CannotShowError) as error:
        raise NotFound from error
    return Response(shown.rendered.html, headers=HEADERS | {"Content-Security-Policy": MAIL_POLICY})
