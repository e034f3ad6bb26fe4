"""What Snowflake documents, as data: `shopstream certify` asks an account, tests ask the local warehouse."""
