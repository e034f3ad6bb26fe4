"""The dashboards' pages, one folder each."""
