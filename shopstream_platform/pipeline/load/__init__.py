"""Lake -> RAW: one transaction per table and range, reconciled before it commits, written down in the load log."""
