"""Selvedge: customer journeys for a small online shop, in the shop's own AWS account."""
