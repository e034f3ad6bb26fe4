"""The errors a user of the platform may meet: one clear sentence each."""


class ShopStreamError(Exception):
    """Something a user can mend. The message says what is wrong, where, and what to do next.

    The CLI prints the message alone and exits with 1; a traceback would add nothing.
    """


class TransientError(ShopStreamError):
    """A fault that may pass by itself (a server restarting, a 503); the step is tried again with backoff."""
