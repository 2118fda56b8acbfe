"""One unit of work per module."""
