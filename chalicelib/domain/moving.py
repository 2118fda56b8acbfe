"""Where the people in an earlier version of a journey would stand in the one in force. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from chalicelib.domain.journeys import END, Journey


class Places(Struct, frozen=True):
    """New paths by old ones, and the old paths that have no place by themselves: somebody must say where they lead."""

    steps: dict[str, str]
    asked: tuple[str, ...] = ()


def places(old: Journey, new: Journey, standing: Iterable[str], said: Mapping[str, str]) -> Places:
    """Where those who stand at these paths of `old` go on in `new`.

    What was `said` comes first (paths or labels of either side; `end` ends the run), then a step with the same label,
    then one at the same path and of the same kind. Raises ValueError for something said that `new` does not have.
    """
    wanted = {old.labels.get(path, path): _path_in(new, target) for path, target in said.items()}
    labels = {path: label for label, path in old.labels.items()}
    steps, asked = {}, []
    for path in sorted(standing):
        label = labels.get(path, "")
        if path in wanted:
            steps[path] = wanted[path]
        elif label in new.labels:
            steps[path] = new.labels[label]
        elif path in new.steps and path in old.steps and type(new.steps[path]) is type(old.steps[path]):
            steps[path] = path
        else:
            asked.append(path)
    return Places(steps, tuple(asked))


def _path_in(journey: Journey, target: str) -> str:
    path = journey.labels.get(target, target)
    if path not in journey.steps and path != END:
        known = ", ".join(sorted((*journey.labels, *journey.steps)))
        raise ValueError(f"journey {journey.name!r} has no step {target!r}; it has {known}")
    return path
