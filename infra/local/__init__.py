"""Selvedge on a laptop: an emulated AWS, the product itself, a demo shop and pages to look at (`make run`)."""
