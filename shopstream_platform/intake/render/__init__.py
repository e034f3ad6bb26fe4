"""A proposal as the files that people go on editing."""
