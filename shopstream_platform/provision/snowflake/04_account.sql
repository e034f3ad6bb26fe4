-- What only ACCOUNTADMIN may do: ceilings on the cost, and the storage integration that holds the trust with AWS.
USE ROLE ACCOUNTADMIN;
CREATE RESOURCE MONITOR IF NOT EXISTS {{ names.monitor }} WITH CREDIT_QUOTA = {{ credit_quota or 20 }} FREQUENCY = MONTHLY
    START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND;
{% if credit_quota -%}
ALTER RESOURCE MONITOR {{ names.monitor }} SET CREDIT_QUOTA = {{ credit_quota }};
{% endif -%}
{% if notified -%}
ALTER RESOURCE MONITOR {{ names.monitor }} SET NOTIFY_USERS = ({{ notified }});
{% endif -%}
ALTER WAREHOUSE {{ names.loading }} SET RESOURCE_MONITOR = {{ names.monitor }};
ALTER WAREHOUSE {{ names.transforming }} SET RESOURCE_MONITOR = {{ names.monitor }};
-- Dashboards have a ceiling of their own: loads that reach theirs leave them running, and the reverse.
CREATE RESOURCE MONITOR IF NOT EXISTS {{ names.reporting_monitor }} WITH CREDIT_QUOTA = {{ bi_credit_quota or 10 }}
    FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 80 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND;
{% if bi_credit_quota -%}
ALTER RESOURCE MONITOR {{ names.reporting_monitor }} SET CREDIT_QUOTA = {{ bi_credit_quota }};
{% endif -%}
{% if notified -%}
ALTER RESOURCE MONITOR {{ names.reporting_monitor }} SET NOTIFY_USERS = ({{ notified }});
{% endif -%}
ALTER WAREHOUSE {{ names.reporting }} SET RESOURCE_MONITOR = {{ names.reporting_monitor }};
-- Never CREATE OR REPLACE: it would give the integration another external id, which AWS does not trust.
CREATE STORAGE INTEGRATION IF NOT EXISTS {{ names.integration }} TYPE = EXTERNAL_STAGE
    STORAGE_PROVIDER = '{{ provider }}' ENABLED = TRUE STORAGE_AWS_ROLE_ARN = '{{ role_arn }}'
    STORAGE_ALLOWED_LOCATIONS = ('{{ lake_url }}') COMMENT = 'Reads raw/ of the lake {{ mark }}';
ALTER STORAGE INTEGRATION {{ names.integration }} SET ENABLED = TRUE STORAGE_AWS_ROLE_ARN = '{{ role_arn }}'
    STORAGE_ALLOWED_LOCATIONS = ('{{ lake_url }}');
GRANT USAGE ON INTEGRATION {{ names.integration }} TO ROLE SYSADMIN;
