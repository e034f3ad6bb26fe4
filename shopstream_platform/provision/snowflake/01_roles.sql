-- Who does what. One role has all that the platform's own user needs: secondary roles are not relied on.
USE ROLE USERADMIN;
CREATE ROLE IF NOT EXISTS {{ names.loader }} COMMENT = 'Loads RAW from the lake {{ mark }}';
CREATE ROLE IF NOT EXISTS {{ names.transformer }} COMMENT = 'Reads RAW; owns what dbt builds {{ mark }}';
CREATE ROLE IF NOT EXISTS {{ names.reporter }} COMMENT = 'Reads CORE and MARTS, for dashboards {{ mark }}';
CREATE ROLE IF NOT EXISTS {{ names.platform }} COMMENT = 'Loads and transforms {{ mark }}';
CREATE USER IF NOT EXISTS {{ names.service_user }} TYPE = SERVICE COMMENT = 'Logs in by key pair {{ mark }}';
ALTER USER {{ names.service_user }} SET DEFAULT_ROLE = {{ names.platform }} DEFAULT_SECONDARY_ROLES = ()
    DEFAULT_WAREHOUSE = {{ names.loading }};
{% if public_key -%}
ALTER USER {{ names.service_user }} SET {{ key_slot }} = '{{ public_key }}';
{% endif -%}
USE ROLE SECURITYADMIN;
GRANT ROLE {{ names.loader }} TO ROLE {{ names.platform }};
GRANT ROLE {{ names.transformer }} TO ROLE {{ names.platform }};
GRANT ROLE {{ names.platform }} TO ROLE SYSADMIN;
GRANT ROLE {{ names.reporter }} TO ROLE SYSADMIN;
GRANT ROLE {{ names.platform }} TO USER {{ names.service_user }};
-- So that dbt may log in with this role alone, which may not change RAW.
GRANT ROLE {{ names.transformer }} TO USER {{ names.service_user }};
