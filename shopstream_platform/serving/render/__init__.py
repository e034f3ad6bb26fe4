"""A page's data and parts -> one HTML file."""
