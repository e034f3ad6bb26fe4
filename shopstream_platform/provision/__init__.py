"""AWS and Snowflake set-up as code: idempotent, readable by whoever must approve it."""
