-- Names and e-mails, for whoever is not one of the platform's roles. Needs Snowflake's Enterprise edition.
-- dbt sets the policy again on every table it replaces (macro mask_pii): CREATE OR REPLACE drops it.
{% if mask_pii -%}
USE ROLE USERADMIN;
CREATE ROLE IF NOT EXISTS {{ names.pii_reader }} COMMENT = 'Sees names and e-mails unmasked {{ mark }}';
USE ROLE SYSADMIN;
CREATE MASKING POLICY IF NOT EXISTS {{ database }}.RAW.MASK_PII AS (val VARCHAR) RETURNS VARCHAR -> val;
ALTER MASKING POLICY {{ database }}.RAW.MASK_PII SET BODY -> CASE WHEN IS_ROLE_IN_SESSION('{{ names.loader }}')
    OR IS_ROLE_IN_SESSION('{{ names.transformer }}') OR IS_ROLE_IN_SESSION('{{ names.pii_reader }}')
    THEN val ELSE '********' END;
{% for table, column in pii_columns -%}
ALTER TABLE {{ database }}.{{ table }} MODIFY COLUMN {{ column }} SET MASKING POLICY {{ database }}.RAW.MASK_PII FORCE;
{% endfor -%}
USE ROLE SECURITYADMIN;
GRANT APPLY ON MASKING POLICY {{ database }}.RAW.MASK_PII TO ROLE {{ names.transformer }};
{% endif -%}
