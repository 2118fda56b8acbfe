"""Trying a message's templates before they go live: every variant, with all there can be and with next to nothing."""

from __future__ import annotations

from datetime import datetime

from chalicelib.content.mail_markup import check_markup
from chalicelib.content.occasion import Occasion
from chalicelib.content.rendering import Templates
from chalicelib.content.sample_links import sample_links
from chalicelib.content.samples import BARE_CUSTOMER, BARE_EVENT, FULL_CUSTOMER, FULL_EVENT, sample_message
from chalicelib.content.template_files import TemplateFiles
from chalicelib.domain.rendered import Rendered
from chalicelib.domain.shop import MessageDefinition, ShopSettings
from chalicelib.errors import TemplateError


def check_message(
    definition: MessageDefinition,
    files: TemplateFiles,
    settings: ShopSettings,
    now: datetime,
    templates: Templates | None = None,
) -> tuple[Rendered, ...]:
    """Render every variant of a message with samples and return the full ones, in the order of the variants.

    `templates` have compiled files for other messages already. Raises TemplateError, with
    file and line, for the first variant that cannot be rendered, and for a channel that the definition names and no
    file serves.
    """
    templates = templates or Templates()
    for channel in definition.channels:
        if not any(variant.startswith(f"{channel}.") for variant in definition.variants):
            raise TemplateError(f"templates/{definition.name}/message.yaml: {channel} has no template file")
    rendered = []
    for variant in definition.variants:
        channel, _, locale = variant.partition(".")
        markup = files.read(f"{definition.name}/{variant}.mjml", now) if channel == "email" else None
        if markup is not None:
            check_markup(markup)
        for customer, event, code in (
            (FULL_CUSTOMER, FULL_EVENT, True), (FULL_CUSTOMER, FULL_EVENT, False), (BARE_CUSTOMER, BARE_EVENT, False),
        ):
            message = sample_message(definition, code=code)
            links = sample_links(message, definition, channel, now)
            occasion = Occasion(message, definition, customer, event, settings, links, now, locale)
            made = templates.render(occasion, channel, files)
            if event is FULL_EVENT and code:
                rendered.append(made)
    return tuple(rendered)
