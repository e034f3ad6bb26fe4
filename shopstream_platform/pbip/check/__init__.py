"""The check of a project's files; `problems` is all of it."""
