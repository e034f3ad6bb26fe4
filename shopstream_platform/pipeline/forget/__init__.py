"""Forget a person: find and erase personal data in everything that the platform holds."""
