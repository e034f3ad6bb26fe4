"""What Snowflake documents, asked of the local warehouse through Snowflake's own connector."""
