"""The morning report: the page to begin with."""
