"""The finished pages of a simulated shop."""
