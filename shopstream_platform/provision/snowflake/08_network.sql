-- Optional: the platform's user may log in from these addresses only.
{% if allowed_ips -%}
USE ROLE ACCOUNTADMIN;
CREATE NETWORK POLICY IF NOT EXISTS SHOPSTREAM_NETWORK
    ALLOWED_IP_LIST = ('{{ allowed_ips | join("', '") }}');
ALTER NETWORK POLICY SHOPSTREAM_NETWORK SET ALLOWED_IP_LIST = ('{{ allowed_ips | join("', '") }}');
ALTER USER {{ service_user }} SET NETWORK_POLICY = SHOPSTREAM_NETWORK;
{% endif -%}
