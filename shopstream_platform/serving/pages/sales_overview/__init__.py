"""Sales overview."""
