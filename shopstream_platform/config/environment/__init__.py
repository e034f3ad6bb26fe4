"""What reaches the platform from outside: `.env`, variables of the shell, other tools' configuration files.

A client of an embedded service is told everything by the platform; a client of a configured one is told by the
settings, and beside them by the standard sources that `honoured` names. Everything else is taken away in one place.
"""
