"""Customer analysis."""
