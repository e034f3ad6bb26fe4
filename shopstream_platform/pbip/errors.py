"""What keeps a check from being run."""


class PbipError(Exception):
    """One sentence without its full stop, so that a caller may add what its users can do."""


class MissingParser(PbipError):
    """The package that reads DAX is not installed."""


class ToolError(PbipError):
    """Microsoft's validators cannot be installed or run."""
