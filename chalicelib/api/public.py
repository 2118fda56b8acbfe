"""Routes that customers reach from a message: the pages for unsubscribing, preferences and surveys, and links that lead
on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chalice import Blueprint, Response

if TYPE_CHECKING:
    from chalicelib.api.public_pages import Visit
    from chalicelib.api.redirects import RedirectVisit
    from chalicelib.api.survey_page import SurveyVisit

FORM_TYPES: Final = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "application/json"]
"""What a one-click request may come as: RFC 8058 names the first two; Chalice takes a missing type for the last."""

blueprint = Blueprint(__name__)


@blueprint.route("/u/{token}", methods=["GET"])
def ask_to_unsubscribe(token: str) -> Response:
    """The page that asks before unsubscribing."""
    return _visit().ask_to_unsubscribe(token)


@blueprint.route("/u/{token}", methods=["POST"], content_types=FORM_TYPES)
def unsubscribe(token: str) -> Response:
    """Unsubscribe, by a mail program's one click (RFC 8058) or by the page's button."""
    return _visit().unsubscribe(token)


@blueprint.route("/p/{token}", methods=["GET"])
def show_preferences(token: str) -> Response:
    """The page of choices by channel and topic."""
    return _visit().show_preferences(token)


@blueprint.route("/p/{token}", methods=["POST"], content_types=FORM_TYPES[:1])
def save_preferences(token: str) -> Response:
    """Save the choices and show them."""
    return _visit().save_preferences(token)


@blueprint.route("/s/{token}", methods=["GET"])
def ask_survey(token: str) -> Response:
    """The page of a survey, with the answer that was clicked."""
    return _survey_visit().ask(token)


@blueprint.route("/s/{token}", methods=["POST"], content_types=FORM_TYPES[:1])
def answer_survey(token: str) -> Response:
    """Write an answer down and ask why."""
    return _survey_visit().answer(token)


@blueprint.route("/r/{token}", methods=["GET"])
def follow(token: str) -> Response:
    """Lead a click in a message on to the shop."""
    return _redirect_visit().follow(token)


@blueprint.route("/l/{code}", methods=["GET"])
def follow_short(code: str) -> Response:
    """Lead a click on a short link on."""
    return _redirect_visit().follow_short(code)


def _visit() -> Visit:
    from chalicelib.api.public_pages import Visit  # a webhook needs no pages: they would slow its cold start

    return Visit(blueprint.current_request)


def _redirect_visit() -> RedirectVisit:
    from chalicelib.api.redirects import RedirectVisit  # likewise

    return RedirectVisit(blueprint.current_request)


def _survey_visit() -> SurveyVisit:
    from chalicelib.api.survey_page import SurveyVisit  # likewise

    return SurveyVisit(blueprint.current_request)
