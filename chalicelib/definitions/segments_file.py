"""Reading `segments.yaml`: a line `name: rule` for each segment, checked together, since rules may name each other."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.definitions.yaml_reader import Node, read
from chalicelib.domain.condition_kinds import never_true
from chalicelib.domain.segments import Segment, SegmentError, compile_segments

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LINE_BREAK: Final = re.compile(r"\s*\n\s*")


def read_segments(text: str, file: str = "segments.yaml") -> tuple[Segment, ...]:
    """Read the shop's segments, in the order of the file; a file of nothing but comments holds none.

    Raises DefinitionError with file, line, segment and reason: a name that is none, a rule that is no condition (an
    unknown field or segment comes with what was probably meant), that reads an event, that leads back to itself, or in
    which a comparison can never be true.
    """
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return ()
    nodes = read(text, file).mapping()
    segments = tuple(Segment(_name(name, node), _rule(node)) for name, node in nodes.items())
    try:
        compile_segments(segments)
    except SegmentError as error:
        raise nodes[error.segment].error(str(error)) from error
    for segment in segments:
        reason = never_true(segment.rule)
        if reason:
            raise nodes[segment.name].error(reason)
    return segments


def _name(name: str, node: Node) -> str:
    if not _NAME.fullmatch(name):
        raise node.error(f"{name!r} should be small letters and digits, joined by hyphens")
    return name


def _rule(node: Node) -> str:
    if isinstance(node.value, list | dict):
        raise node.error("should be a rule, as in `vip: customer.orders.average > 10000`")
    return _LINE_BREAK.sub(" ", node.string().strip())
