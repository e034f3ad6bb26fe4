"""ShopStream: PostgreSQL -> S3 -> Snowflake -> dbt as software-defined assets."""

import os
import warnings

# Snowflake's connector carries a copy of requests that complains about every newer chardet or charset_normalizer.
warnings.filterwarnings("ignore", message=r".*doesn't match a supported version!")

# Its search for a cloud's metadata service stalls a login for seconds where there is none. Only a login by workload
# identity needs the answer: set the variable to false there.
os.environ.setdefault("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")
