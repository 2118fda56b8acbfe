"""What is wrong or doubtful in the files that a shop edits, as it is told to their authors.

An error keeps a file from going live; a warning is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]

MOST_TOLD: Final = 50
"""Problems of one file that are told: who has mended so many uploads it again, and is told of the next."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong (`error`) or doubtful (`warning`) in a file a shop edits, with the way out in its text.

    `line` and `column` count from 1; they are 0 where the whole file, or the whole line, is meant.
    """

    file: str
    line: int
    text: str
    severity: Severity = "error"
    column: int = 0

    def __str__(self) -> str:
        """The problem as its author reads it."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {'warning: ' if self.severity == 'warning' else ''}{self.text}"


def most(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in order, of each file no more than are told."""
    told: dict[str, int] = {}
    kept = []
    for problem in in_order(problems):
        told[problem.file] = told.get(problem.file, 0) + 1
        if told[problem.file] <= MOST_TOLD:
            kept.append(problem)
        elif told[problem.file] == MOST_TOLD + 1:
            kept.append(Problem(problem.file, problem.line, "there is more; put right what is told first", "warning"))
    return kept


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in the order of files, lines and columns, each of them once."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line, problem.column))
