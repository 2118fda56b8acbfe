"""What is told of the files in a message's folder by their names: what is missing, what nothing reads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from chalicelib.content.text_files import HEADERS
from chalicelib.domain.locales import language_of
from chalicelib.domain.messages import CHANNELS
from chalicelib.domain.problems import Problem
from chalicelib.domain.shop import MessageDefinition, ShopSettings

_MAIL: Final = re.compile(r"email\.([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\.(mjml|txt)")


def folder_problems(
    definition: MessageDefinition, names: Collection[str], settings: ShopSettings
) -> Iterator[Problem]:
    """What is wrong or doubtful in which files there are. `names` are those in the folder, empty where not known."""
    folder = f"templates/{definition.name}"
    yaml = f"{folder}/message.yaml"
    for channel in definition.channels:
        there = [variant.partition(".")[2] for variant in definition.variants if variant.startswith(f"{channel}.")]
        if not there:
            yield Problem(yaml, 0, f"{channel} has no template file")
            continue
        spoken = {language_of(locale) for locale in there}
        for locale in settings.locales:
            if language_of(locale) not in spoken:
                text = f"{channel} has no text in `{locale}`, a language of the shop: its readers get another"
                yield Problem(yaml, 0, text, "warning")
    used = {"message.yaml"}
    for variant in definition.variants:
        used |= {f"{variant}.txt", f"{variant}.mjml"} if variant.startswith("email.") else {f"{variant}.txt"}
    for name in sorted(set(names) - used):
        half = _MAIL.fullmatch(name)
        if half:
            other = f"email.{half[1]}.{'txt' if half[2] == 'mjml' else 'mjml'}"
            what = "subject and text" if half[2] == "mjml" else "look"
            yield Problem(f"{folder}/{name}", 0, f"has no {what}: put {other} beside it")
        else:
            channels = ", ".join(f"{channel}.<locale>.txt" for channel in HEADERS)
            text = f"nothing reads this file; a message has {channels}, and email.<locale>.mjml"
            yield Problem(f"{folder}/{name}", 0, text, "warning")
    for variant in definition.variants:
        channel = variant.partition(".")[0]
        if channel in CHANNELS and channel not in definition.channels:
            text = f"is not sent: message.yaml does not name {channel} among its channels"
            yield Problem(f"{folder}/{variant}.txt", 0, text, "warning")
