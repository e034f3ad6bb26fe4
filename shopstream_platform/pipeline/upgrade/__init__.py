"""Warehouses of earlier versions: what a newer version changes in them, by numbered migrations."""
