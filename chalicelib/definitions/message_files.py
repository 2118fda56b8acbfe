"""Reading `templates/<message>/message.yaml`: what a message is, where it may go and under which limits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, get_args

from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.messages import CHANNELS, Category
from chalicelib.domain.shop import Check, Handling, MessageDefinition, OnCap

_FIELDS = (
    "message", "category", "topic", "channels", "priority", "quiet-hours", "on-cap", "obeys-cap",
    "counts-toward-cap", "tags", "check", "survey", "sms-parts",
)
MAX_SMS_PARTS: Final = 10
"""Parts that SNS joins to one SMS: 1,600 characters (Amazon SNS, `Publish`)."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VARIANT = re.compile(r"(email|sms|push|web-push|telegram)\.([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\.txt")


def message_definition(text: str, file: str, beside: Iterable[str]) -> MessageDefinition:
    """The definition in a message.yaml. `file` is its key (`templates/<message>/message.yaml`), `beside` are the names
    of the files in its folder, which tell the variants there are.

    Raises DefinitionError with file, line and field.
    """
    root = read(text, file)
    fields = root.allow(*_FIELDS)
    for required in ("message", "category", "channels"):
        if required not in fields:
            raise root.error(f"lacks the field {required!r}")
    name = _name(fields["message"], file)
    category: Category = _one_of(fields["category"], get_args(Category))  # type: ignore[assignment]
    by_default = "hold" if category == "marketing" else "ignore"
    quiet: Handling = _one_of(fields.get("quiet-hours"), get_args(Handling), by_default)  # type: ignore[assignment]
    on_cap: OnCap = _one_of(fields.get("on-cap"), get_args(OnCap), "skip")  # type: ignore[assignment]
    return MessageDefinition(
        name=name,
        category=category,
        topic=_word(fields.get("topic"), "news"),
        channels=_channels(fields["channels"]),
        priority=_priority(fields.get("priority")),
        quiet_hours=quiet,
        on_cap=on_cap,
        obeys_cap=_flag(fields.get("obeys-cap"), category, default=True),
        counts_toward_cap=_flag(fields.get("counts-toward-cap"), category, default=True),
        tags=tuple(_word(tag, "") for tag in fields["tags"].items()) if "tags" in fields else (),
        variants=variants(beside),
        checks=_checks(fields["check"]) if "check" in fields else (),
        survey=_word(fields.get("survey"), ""),
        sms_parts=_sms_parts(fields.get("sms-parts")),
    )


def variants(beside: Iterable[str]) -> tuple[str, ...]:
    """The variants that files make, as `email.ru`: every one has a text file, email an MJML file besides.

    A variant whose channel the message does not name is no mistake: it is checked and shown in previews, never sent.
    """
    names = set(beside)
    found = []
    for name in sorted(names):
        match = _VARIANT.fullmatch(name)
        if match and (match[1] != "email" or f"email.{match[2]}.mjml" in names):
            found.append(name.removesuffix(".txt"))
    return tuple(found)


def _name(node: Node, file: str) -> str:
    name = _word(node, "")
    folder = file.split("/")[-2] if "/" in file else name
    if name != folder:
        raise node.error(f"is {name!r}, but the folder is {folder!r}; a message is named after its folder")
    return name


def _word(node: Node | None, default: str) -> str:
    if node is None:
        return default
    word = node.string()
    if not _NAME.fullmatch(word):
        raise node.error(f"{word!r} should be small letters and digits, joined by hyphens")
    return word


def _one_of(node: Node | None, known: tuple[str, ...], default: str = "") -> str:
    if node is None:
        return default
    value = node.string()
    if value not in known:
        raise node.error(f"is {value!r}; it can be {', '.join(known)}")
    return value


def _channels(node: Node) -> tuple[str, ...]:
    channels = tuple(_one_of(item, CHANNELS) for item in node.items())
    if not channels:
        raise node.error(f"names no channel; known are {', '.join(CHANNELS)}")
    if len(set(channels)) < len(channels):
        raise node.error("names a channel twice")
    return channels


def _checks(node: Node) -> tuple[Check, ...]:
    return tuple(_one_of(item, get_args(Check)) for item in node.items())  # type: ignore[misc]


def _priority(node: Node | None) -> int:
    if node is None:
        return 50
    priority = node.integer()
    if not 0 <= priority <= 100:
        raise node.error(f"is {priority}; it goes from 0 (last) to 100 (first)")
    return priority


def _sms_parts(node: Node | None) -> int:
    if node is None:
        return 2
    parts = node.integer()
    if not 1 <= parts <= MAX_SMS_PARTS:
        raise node.error(f"is {parts}; an SMS has 1 to {MAX_SMS_PARTS} parts, each of which is paid")
    return parts


def _flag(node: Node | None, category: str, *, default: bool) -> bool:
    """A cap switch. Transactional messages are never capped and never count (semantics 18), whatever is written."""
    if category == "transactional":
        if node is not None and node.boolean():
            raise node.error("cannot be true: transactional messages are never capped")
        return False
    return default if node is None else node.boolean()
