"""A database that the platform does not know yet: what it has, what is proposed for it, and what has changed since."""
