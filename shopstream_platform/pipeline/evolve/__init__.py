"""Stores that exist are brought to the declaration: what is declared against what is found, as a list of changes."""
