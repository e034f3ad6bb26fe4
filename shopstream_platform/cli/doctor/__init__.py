"""`shopstream doctor`: every connection and permission."""
