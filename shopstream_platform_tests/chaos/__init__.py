"""Faults at moments that a seed chooses, and the proof that a shop comes through each of them."""
