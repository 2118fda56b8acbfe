"""Which products are recommended to whom: the kinds there are, and the ranking of each."""

from __future__ import annotations

from typing import Final

KINDS: Final = ("bought-together", "similar", "bestsellers", "last-viewed", "more-expensive", "personal")
"""What a template may ask for."""
MOST: Final = 12
"""Products that one row may hold."""
