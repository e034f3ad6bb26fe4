-- Who does what. The platform's own user works as TRANSFORMER and, by its secondary roles, as LOADER.
USE ROLE USERADMIN;
CREATE ROLE IF NOT EXISTS LOADER COMMENT = 'Loads RAW from the lake';
CREATE ROLE IF NOT EXISTS TRANSFORMER COMMENT = 'Reads RAW; owns what dbt builds';
CREATE ROLE IF NOT EXISTS REPORTER COMMENT = 'Reads CORE and MARTS, for dashboards';
CREATE USER IF NOT EXISTS {{ service_user }} TYPE = SERVICE COMMENT = 'ShopStream data platform; logs in by key pair';
ALTER USER {{ service_user }} SET DEFAULT_ROLE = TRANSFORMER DEFAULT_SECONDARY_ROLES = ('ALL')
    DEFAULT_WAREHOUSE = {{ loading }};
{% if public_key -%}
ALTER USER {{ service_user }} SET RSA_PUBLIC_KEY = '{{ public_key }}';
{% endif -%}
USE ROLE SECURITYADMIN;
GRANT ROLE LOADER TO ROLE SYSADMIN;
GRANT ROLE TRANSFORMER TO ROLE SYSADMIN;
GRANT ROLE REPORTER TO ROLE SYSADMIN;
GRANT ROLE LOADER TO USER {{ service_user }};
GRANT ROLE TRANSFORMER TO USER {{ service_user }};
