"""Whether the platform works in somebody's Snowflake account and bucket: proven in a namespace of its own."""
