"""The storefronts that are understood, by the name in their address and in their secrets' path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.sources.shopify import Shopify
from chalicelib.sources.source import Source
from chalicelib.sources.woocommerce import WooCommerce

SOURCES: Final[Mapping[str, Source]] = {source.name: source for source in (Shopify(), WooCommerce())}
