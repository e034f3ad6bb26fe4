"""A local stand-in for Snowflake: fakesnow's SQL translation on DuckDB behind a server of our own.

Unmodified snowflake-connector-python, dagster-snowflake and dbt-snowflake connect to it. See docs/local-warehouse.md.
"""
