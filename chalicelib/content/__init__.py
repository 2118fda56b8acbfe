"""Templates, rendering and signed links."""
