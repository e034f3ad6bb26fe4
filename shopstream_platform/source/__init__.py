"""The simulated shop: a history in bulk, then one more day at a time."""
