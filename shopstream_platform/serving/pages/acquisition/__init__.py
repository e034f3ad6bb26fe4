"""Acquisition."""
