"""The outbox: every message that left for a provider, exactly as the provider was handed it."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

KEPT = 2000
"""Messages kept; the oldest go first."""


@dataclass(frozen=True)
class Outgoing:
    """One message handed to a provider. `at` is the product's time; `details` is what else the provider was told."""

    id: str
    channel: str
    at: datetime
    recipient: str
    title: str
    text: str = ""
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


class Outbox:
    """The messages, newest first; with a `file`, kept over restarts."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._messages: list[Outgoing] = []
        if file is not None and file.is_file():
            self._messages = [_read(line) for line in file.read_text().splitlines() if line][-KEPT:]

    def add(self, message: Outgoing) -> None:
        """Note a message; one id is noted once."""
        with self._lock:
            if any(known.id == message.id for known in self._messages):
                return
            self._messages.append(message)
            del self._messages[:-KEPT]
            if self._file is not None:
                with self._file.open("a") as lines:
                    lines.write(json.dumps(asdict(message) | {"at": message.at.isoformat()}, ensure_ascii=False) + "\n")

    def all(self) -> list[Outgoing]:
        """All messages, the newest first."""
        with self._lock:
            return list(reversed(self._messages))

    def find(self, identifier: str) -> Outgoing | None:
        """The message with this id, or None."""
        with self._lock:
            return next((message for message in self._messages if message.id == identifier), None)


def read_email(raw: bytes) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    """Subject, text part, HTML part and headers of a MIME message."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    text, html = (str(part.get_content()) if part is not None else "" for part in parts.values())
    return str(message["Subject"] or ""), text, html, tuple((name, str(value)) for name, value in message.items())


def _read(line: str) -> Outgoing:
    fields = json.loads(line)
    headers = tuple((name, value) for name, value in fields.pop("headers"))
    return Outgoing(**fields | {"at": datetime.fromisoformat(fields["at"]), "headers": headers})
