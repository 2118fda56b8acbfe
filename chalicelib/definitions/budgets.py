"""Reading `budget: {month: "50.00"}`, as `shop.yaml` and the files of journeys write it."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.definitions.yaml_reader import Node

_DOLLARS: Final = re.compile(r"^\d{1,7}(\.\d{1,6})?$")


def month_budget(node: Node) -> str:
    """The US dollars that may be spent on messages in a month, a decimal number as text, or a DefinitionError."""
    fields = node.allow("month")
    if "month" not in fields:
        raise node.error('lacks the field `month`, as in `budget: {month: "50.00"}`')
    text = fields["month"].string()
    if not _DOLLARS.fullmatch(text):
        raise fields["month"].error(f'should be US dollars such as "50.00", not {text!r}')
    return text
