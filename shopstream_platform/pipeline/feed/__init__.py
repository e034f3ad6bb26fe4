"""The change feed: which partitions logical decoding names, so that nobody has to look at all of history."""
