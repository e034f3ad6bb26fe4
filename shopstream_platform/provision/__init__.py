"""AWS and Snowflake set-up as code: idempotent, readable by the people who must approve it."""
