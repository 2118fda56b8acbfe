"""Chalice blueprints."""
