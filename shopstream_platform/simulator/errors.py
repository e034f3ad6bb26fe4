"""What the simulator refuses to do."""


class SimulatorError(Exception):
    """One sentence without its full stop, so that a caller may add what its users can do."""


class PastDay(SimulatorError):
    """A missing day lies before the newest one."""


class NotYet(SimulatorError):
    """A day has not begun, or is not over and has no day before it."""


class HistoryWithGaps(SimulatorError):
    """The first days of a shop do not follow one another."""


class ForeignRows(SimulatorError):
    """Somebody else has filled the tables."""
