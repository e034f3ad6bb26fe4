-- Who reads the marts: dbt grants SELECT on every model of CORE and MARTS to it. Run as SECURITYADMIN.
CREATE ROLE IF NOT EXISTS REPORTER COMMENT = 'Reads CORE and MARTS, for dashboards';
GRANT USAGE ON DATABASE {{ database }} TO ROLE REPORTER;
GRANT USAGE ON SCHEMA {{ database }}.CORE TO ROLE REPORTER;
GRANT USAGE ON SCHEMA {{ database }}.MARTS TO ROLE REPORTER;
