"""Changing `status:` and `resume:` in a journey's file, its comments and layout kept as the marketer left them."""

from __future__ import annotations

import yaml

from chalicelib.definitions.yaml_reader import read
from chalicelib.errors import DefinitionError


def with_status(text: str, file: str, status: str, resume: str = "") -> str:
    """The file's text with another status, and, where `resume` is given (YAML on one line), another `resume:`.

    Raises DefinitionError when the text is no journey file, or is laid out so that nothing but a person can change it.
    """
    before = read(text, file).mapping()
    if "journey" not in before:
        raise DefinitionError("has no `journey:` line", file=file)
    edited = _with_field(text, "status", status)
    wanted = {name: node.plain() for name, node in before.items()} | {"status": status}
    if resume:
        edited = _with_field(edited, "resume", resume)
        wanted["resume"] = read(f"resume: {resume}", file).mapping()["resume"].plain()
    try:
        came_of_it = read(edited, file).plain()
    except DefinitionError:
        came_of_it = None
    if came_of_it != wanted:
        raise DefinitionError(f"cannot be changed by a command: write `status: {status}` into it by hand", file=file)
    return edited


def _with_field(text: str, name: str, value: str) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    fields = {key.value: (key, found) for key, found in root.value}
    if name in fields:
        _, found = fields[name]
        return text[: found.start_mark.index] + value + text[_end(found):]
    # A line of its own after `status`, or after the name, whatever comment follows there.
    line_end = text.find("\n", _end(fields["status" if "status" in fields else "journey"][1]))
    place = len(text) if line_end < 0 else line_end + 1
    head = text[:place] if text[:place].endswith("\n") else text[:place] + "\n"
    return f"{head}{name}: {value}\n{text[place:]}"


def _end(node: yaml.Node) -> int:
    """Where a value ends. A block's mark stands after the comments that follow it, so its last scalar's is taken."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    return int(node.end_mark.index)
