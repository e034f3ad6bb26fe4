"""The assets, one file per layer."""
