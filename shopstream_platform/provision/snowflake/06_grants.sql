-- Least privilege: each role has what its work needs, on what is there and on what will be.
USE ROLE SECURITYADMIN;
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ names.loader }};
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ names.transformer }};
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ names.reporter }};
GRANT USAGE ON WAREHOUSE {{ names.loading }} TO ROLE {{ names.loader }};
GRANT USAGE ON WAREHOUSE {{ names.loading }} TO ROLE {{ names.transformer }};
GRANT USAGE ON WAREHOUSE {{ names.transforming }} TO ROLE {{ names.transformer }};
GRANT USAGE ON WAREHOUSE {{ names.reporting }} TO ROLE {{ names.reporter }};
GRANT USAGE ON SCHEMA {{ database }}.RAW TO ROLE {{ names.loader }};
GRANT USAGE ON STAGE {{ database }}.RAW.S3_RAW_STAGE TO ROLE {{ names.loader }};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {{ database }}.RAW TO ROLE {{ names.loader }};
GRANT SELECT, INSERT, UPDATE, DELETE ON FUTURE TABLES IN SCHEMA {{ database }}.RAW TO ROLE {{ names.loader }};
GRANT USAGE ON SCHEMA {{ database }}.RAW TO ROLE {{ names.transformer }};
GRANT SELECT ON ALL TABLES IN SCHEMA {{ database }}.RAW TO ROLE {{ names.transformer }};
GRANT SELECT ON FUTURE TABLES IN SCHEMA {{ database }}.RAW TO ROLE {{ names.transformer }};
{% for schema in ("STAGING", "CORE", "MARTS", "AUDIT") -%}
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA {{ database }}.{{ schema }} TO ROLE {{ names.transformer }};
{% endfor -%}
{% if developers -%}
-- Schemas of one's own, behind SHOPSTREAM_SCHEMA_PREFIX.
GRANT CREATE SCHEMA ON DATABASE {{ database }} TO ROLE {{ names.transformer }};
{% endif -%}
-- Readers may enter the schemas. What they read there dbt grants, behind the masking of a table that it replaced: a
-- future grant would open the table before. Snapshots, which hold what people were called before, are not granted.
{% for role in [names.reporter] + readers | list -%}
{% if role != names.reporter -%}
GRANT USAGE ON DATABASE {{ database }} TO ROLE {{ role }};
{% endif -%}
{% for schema in ("CORE", "MARTS") -%}
GRANT USAGE ON SCHEMA {{ database }}.{{ schema }} TO ROLE {{ role }};
{% endfor -%}
{% endfor %}
