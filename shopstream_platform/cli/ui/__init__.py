"""The Dagster UI behind the guard: the web server, and the processes of `shopstream dev`."""
