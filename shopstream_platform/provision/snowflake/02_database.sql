-- The database and its layers.
USE ROLE SYSADMIN;
CREATE DATABASE IF NOT EXISTS {{ database }} COMMENT = 'Data platform {{ mark }}';
CREATE SCHEMA IF NOT EXISTS {{ database }}.RAW COMMENT = 'Source rows as loaded by COPY INTO, and the load log';
CREATE SCHEMA IF NOT EXISTS {{ database }}.STAGING COMMENT = 'Views: RAW typed and renamed, and what several marts share';
CREATE SCHEMA IF NOT EXISTS {{ database }}.CORE COMMENT = 'Dimensions and facts';
CREATE SCHEMA IF NOT EXISTS {{ database }}.MARTS COMMENT = 'What dashboards read';
CREATE SCHEMA IF NOT EXISTS {{ database }}.AUDIT COMMENT = 'Rows that break a rule that only warns, kept by dbt tests';
