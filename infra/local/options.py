"""What `make run` can be told: SPEED, DATA, PORT and MINISTACK, read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FASTEST = 86_400
"""The highest speed: a day a second. The product looks at time by the minute, so more would only skip."""


class OptionError(Exception):
    """An option cannot be used: which one, and what it may be."""


@dataclass(frozen=True)
class Options:
    """How to run: `speed` times as fast as real time, keeping data in `data` (or nowhere), serving on `port`."""

    speed: float
    data: Path | None
    port: int
    ministack: Path


def read(environment: Mapping[str, str] = os.environ) -> Options:
    """The options in an environment, defaults filled in; raises `OptionError` naming the one that is wrong."""
    data = environment.get("DATA", "").strip()
    return Options(
        speed=number(environment, "SPEED", 1, FASTEST),
        data=Path(data).expanduser().resolve() if data else None,
        port=int(number(environment, "PORT", 8000, 65_535)),
        ministack=_ministack(environment.get("MINISTACK", "").strip()),
    )


def number(environment: Mapping[str, str], name: str, default: float, highest: float) -> float:
    """An option that is a number from 1 to `highest`; raises `OptionError` for anything else."""
    text = environment.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        raise OptionError(f"{name}={text} is not a number") from None
    if not 1 <= value <= highest:
        raise OptionError(f"{name}={text} is outside 1 to {highest:g}")
    return value


def _ministack(text: str) -> Path:
    path = Path(text).expanduser() if text else REPOSITORY / ".venv-ministack" / "bin" / "ministack"
    if not path.is_file():
        raise OptionError(f"{path} is not there: `make run` installs MiniStack, or say MINISTACK=path/to/bin/ministack")
    return path.absolute()
