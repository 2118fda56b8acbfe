"""What the product takes: capacity, money, time."""
