"""A Snowflake account by ordered, idempotent SQL."""
