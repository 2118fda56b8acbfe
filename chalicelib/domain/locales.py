"""What a locale says of a language."""

from __future__ import annotations


def language_of(locale: str) -> str:
    """The language of a locale in either spelling: `ru` of `ru-RU` and of `ru_RU`."""
    return locale.replace("_", "-").partition("-")[0].lower()
