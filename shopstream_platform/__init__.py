"""ShopStream: PostgreSQL -> S3 -> Snowflake -> dbt as software-defined assets."""
