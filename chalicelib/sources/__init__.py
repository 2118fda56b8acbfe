"""Storefronts: verify a request, translate it into arrivals."""
