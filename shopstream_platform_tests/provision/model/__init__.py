"""A Snowflake account in memory that obeys roles: what the role in use may not do, fails as Snowflake words it."""
