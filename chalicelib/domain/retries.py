"""When a message that a provider refused for now is tried again (semantics 23: back-off, up to a day). Pure."""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b

FIRST_DELAY = timedelta(minutes=1)
"""Timers are looked at once a minute, so nothing shorter makes sense."""
LONGEST_DELAY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=1)


def delay_after(attempt: int, message_id: str) -> timedelta | None:
    """How long to wait after the attempt of this number (from 1) before the next, or None to give up.

    The delay doubles up to an hour and is spread by a quarter either way, by a hash of the message's id: messages that
    failed together do not come back together, and a replay comes to the same time.
    """
    if sum((_nominal(number) for number in range(1, attempt + 1)), timedelta()) > GIVE_UP_AFTER:
        return None
    number = int.from_bytes(blake2b(f"{message_id}/{attempt}".encode(), digest_size=8, person=b"retry").digest())
    spread = 0.75 + 0.5 * number / 2**64
    return _nominal(attempt) * spread


def _nominal(attempt: int) -> timedelta:
    doublings = min(attempt - 1, 16)
    return min(FIRST_DELAY * int(2**doublings), LONGEST_DELAY)
