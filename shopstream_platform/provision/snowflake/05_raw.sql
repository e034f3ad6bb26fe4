-- The lake as an external stage, and the tables that it is loaded into.
USE ROLE SYSADMIN;
CREATE STAGE IF NOT EXISTS {{ database }}.RAW.S3_RAW_STAGE
    URL = '{{ lake_url }}'
    STORAGE_INTEGRATION = {{ names.integration }}
    COMMENT = 'raw/ of the data lake';
-- An integration that was dropped and made anew has another identity, even under the same name.
ALTER STAGE {{ database }}.RAW.S3_RAW_STAGE SET URL = '{{ lake_url }}' STORAGE_INTEGRATION = {{ names.integration }};
USE SCHEMA {{ database }}.RAW;
-- Of the rows that are merged below.
USE WAREHOUSE {{ names.loading }};
{% for statement in raw_tables -%}
{{ statement }};
{% endfor %}
