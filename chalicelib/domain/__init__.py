"""The pure core: events, the customer's state, journeys and the fold. No I/O, no clock, no randomness."""
