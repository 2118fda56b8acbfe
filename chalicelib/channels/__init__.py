"""Ways to reach a customer, and what their providers tell back."""
