"""Clients of PostgreSQL, the lake and the warehouse; what goes wrong in them becomes a sentence here."""
