"""Snowflake on a laptop: fakesnow's SQL translation on DuckDB behind a server of our own. See README.md.

Unmodified snowflake-connector-python, dagster-snowflake and dbt-snowflake connect to it. Others start SERVER as a
process of its own and write the file that `credentials` describes; they import nothing else.
"""

SERVER = f"{__name__}.server"
# Writes the files of a stopped server anew: `python -m ... --root DIR`.
COMPACTION = f"{__name__}.compaction"
