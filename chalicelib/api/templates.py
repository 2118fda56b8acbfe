"""`/v1/templates`: what messages there are, any of them as it would go out, and a test of it (docs/openapi.json).

Of the files as they were uploaded last, in force or not. Its keys are those of the management API.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from chalice import Blueprint, Response
from msgspec import Meta, Struct

from chalicelib import clock
from chalicelib.api.management import acted, answered
from chalicelib.domain.messages import Category

blueprint = Blueprint(__name__)

SAMPLE: Final = "full"
"""The sample that is shown when nobody is named."""
Name = Annotated[str, Meta(max_length=64)]


class ListedTemplate(Struct, frozen=True, omit_defaults=True):
    """A message: the journeys that send it, its variants as `email.ru`, and how many of its files have problems.

    `category` and `channels` are those in force, left out of a message that never was.
    """

    message: str
    journeys: tuple[str, ...]
    variants: tuple[str, ...]
    problems: int
    category: Category | None = None
    channels: tuple[str, ...] = ()


class ListedTemplates(Struct, frozen=True):
    """The messages there are files of, by name, and the samples that they can be shown with."""

    templates: tuple[ListedTemplate, ...]
    samples: tuple[str, ...]


class WantedTest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A test: to one of the shop's `test-addresses`, a mail address or a phone; with a sample or a customer's data."""

    to: Annotated[str, Meta(min_length=1, max_length=320)]
    locale: Annotated[str, Meta(max_length=20)] = ""
    sample: Name = ""
    customer: Annotated[str, Meta(max_length=200)] = ""


@blueprint.route("/v1/templates", methods=["GET"])
def get_templates() -> Response:
    """The messages there are."""
    return answered(_listed)


@blueprint.route("/v1/templates/{message}/preview", methods=["GET"])
def get_preview(message: str) -> Response:
    """A message as it would go out now, and all that can be known of it."""
    from chalicelib.flows.preview import of_uploads  # what looking takes is not loaded for webhooks

    def work() -> msgspec.Struct:
        given = blueprint.current_request.query_params or {}
        if given.get("sample") and given.get("customer"):
            raise msgspec.ValidationError("`sample` and `customer` do not go together")
        now = clock.now()
        return of_uploads(now).preview(
            message, now, channel=given.get("channel", ""), locale=given.get("locale", ""),
            sample=given.get("sample") or SAMPLE, customer_id=given.get("customer", ""),
        )

    return answered(work)


@blueprint.route("/v1/templates/{message}/test", methods=["POST"], content_types=["*/*"])
def post_test(message: str) -> Response:
    """Send a test of a message."""
    from chalicelib.flows.means import means
    from chalicelib.flows.preview import of_uploads
    from chalicelib.flows.test_sends import send_test

    def send(test: WantedTest) -> msgspec.Struct:
        if test.sample and test.customer:
            raise msgspec.ValidationError("`sample` and `customer` do not go together")
        now = clock.now()
        return send_test(
            of_uploads(now), means(), message, test.to, now, locale=test.locale, sample=test.sample or SAMPLE,
            customer_id=test.customer,
        )

    return acted(WantedTest, send)


def _listed() -> ListedTemplates:
    from chalicelib.content.samples import SAMPLES
    from chalicelib.flows.definitions_in_force import current
    from chalicelib.flows.drafts import problems_of_uploads, uploaded

    now = clock.now()
    drafts, problems, in_force = uploaded(now), problems_of_uploads(), current(now).messages
    listed = []
    for name in drafts.names():
        known = in_force.get(name)
        listed.append(ListedTemplate(
            name, tuple(journey.name for journey in drafts.journeys_with(name)), drafts.variants(name),
            problems.get(name, 0), known.category if known else None, known.channels if known else (),
        ))
    return ListedTemplates(tuple(listed), tuple(sample.name for sample in SAMPLES))
