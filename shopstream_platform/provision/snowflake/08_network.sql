-- Optional: the platform's user may log in from these addresses only.
{% if allowed_ips -%}
USE ROLE ACCOUNTADMIN;
CREATE NETWORK POLICY IF NOT EXISTS {{ names.network_policy }}
    ALLOWED_IP_LIST = ('{{ allowed_ips | join("', '") }}') COMMENT = 'Of the service user {{ mark }}';
ALTER NETWORK POLICY {{ names.network_policy }} SET ALLOWED_IP_LIST = ('{{ allowed_ips | join("', '") }}');
ALTER USER {{ names.service_user }} SET NETWORK_POLICY = {{ names.network_policy }};
{% endif -%}
