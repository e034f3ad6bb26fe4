"""Pages rendered from given rows, looked at in Chromium; no warehouse."""
