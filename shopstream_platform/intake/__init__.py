"""A database that the platform does not know yet: what it has, what is proposed and written for it, what has changed."""
