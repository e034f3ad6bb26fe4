"""ShopStream: PostgreSQL -> S3 -> Snowflake -> dbt as software-defined assets."""

import warnings

# Snowflake's connector carries a copy of requests that complains about every newer chardet or charset_normalizer.
warnings.filterwarnings("ignore", message=r".*doesn't match a supported version!")
