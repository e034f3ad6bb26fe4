"""Statements that change something, and what they answer: each case has a schema of its own."""

# ruff: noqa: E501 - a statement and its result side by side

import datetime as dt
from decimal import Decimal as D

from shopstream_platform.certify.cases.case import Accepted, Case, Error, after

S = "sql-reference/sql/"
DONE = "Statement executed successfully."
# Only in a namespace of its own may a statement make or change what belongs to the whole account; provisioning does.
OF_THE_ACCOUNT = "it is about an object of the whole account; provisioning proves such statements on objects of its own"
T = ("CREATE TABLE t (a INT, b VARCHAR(5), n NUMBER(10,2))", "INSERT INTO t VALUES (1, 'x', 1.5), (2, 'y', NULL)")
COLUMNS = "SELECT column_name FROM INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'T' AND table_schema = CURRENT_SCHEMA() ORDER BY ordinal_position"
TYPES = "SELECT data_type, numeric_precision, numeric_scale, character_maximum_length FROM INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'T' AND table_schema = CURRENT_SCHEMA() ORDER BY ordinal_position"
VALUES = "SELECT a, b FROM t ORDER BY a"

DDL = [
    Case(S + "create-table", "CREATE TABLE t (a INT)", "Table T successfully created."),
    Case(S + "create-table", "SELECT COUNT(*) FROM t", 1, ("CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)", "CREATE TABLE IF NOT EXISTS t (a INT)")),
    Case(S + "create-table", "SELECT COUNT(*) FROM t", 0, (*T, "CREATE OR REPLACE TABLE t (a INT)")),
    Case(S + "create-table", "CREATE TABLE t (a INT)", Error("already exists"), T),
    Case("sql-reference/reserved-keywords", "SELECT at, t.desc FROM t", [(1, "x")], ("CREATE TABLE t (at INT, desc VARCHAR)", "INSERT INTO t (at, desc) VALUES (1, 'x')")),
    Case(S + "create-table", "SELECT a, made IS NOT NULL, s FROM t", [(1, True, "d")],
         ("CREATE TABLE t (a INT NOT NULL, made TIMESTAMP_NTZ(9) DEFAULT SYSDATE(), s VARCHAR DEFAULT 'd')", "INSERT INTO t (a) VALUES (1)")),
    Case(S + "create-table", "INSERT INTO t VALUES (NULL)", Error("(?i)null"), ("CREATE TABLE t (a INT NOT NULL)",)),
    Case(S + "create-table", TYPES, [("NUMBER", 38, 0, None), ("NUMBER", 10, 2, None), ("TEXT", None, None, 5), ("TEXT", None, None, 16777216), ("FLOAT", None, None, None),
                                     ("BOOLEAN", None, None, None), ("DATE", None, None, None), ("TIMESTAMP_NTZ", None, None, None), ("VARIANT", None, None, None)],
         ("CREATE TABLE t (a NUMBER(38,0), n NUMBER(10,2), v VARCHAR(5), w VARCHAR, f FLOAT, o BOOLEAN, d DATE, s TIMESTAMP_NTZ(9), j VARIANT)",)),
    Case(S + "create-table", "SELECT * FROM t", [(1, D("2.50"), "x", dt.date(2024, 1, 1))],
         ("CREATE OR REPLACE TRANSIENT TABLE t AS (SELECT 1 AS a, 2.5::NUMBER(10,2) AS n, 'x'::VARCHAR(3) AS v, '2024-01-01'::DATE AS d)",)),
    Case(S + "create-table", "SELECT * FROM t", [(1, "x")],
         ("CREATE OR REPLACE TRANSIENT TABLE t (a NUMBER(38,0) NOT NULL, v VARCHAR COMMENT $$it's$$) COMMENT = 'c' AS (SELECT a, v FROM (SELECT 'x' AS v, 1 AS a) AS s)",)),
    Case(S + "create-table", "SELECT * FROM u ORDER BY a", [(1, "x", D("1.50")), (2, "y", None)], (*T, "CREATE TABLE u CLONE t")),
    Case(S + "create-table", "SELECT COUNT(*) FROM u", 0, (*T, "CREATE TABLE u LIKE t")),
    Case(S + "create-table", "SELECT b FROM t", "x", ("CREATE TABLE t (a INT AUTOINCREMENT, b VARCHAR)", "INSERT INTO t (b) VALUES ('x')")),
    Case(S + "create-table", "SELECT a FROM tmp", 1, ("CREATE OR REPLACE TEMPORARY TABLE tmp AS SELECT 1 AS a",)),
    Case(S + "create-table", "SELECT tmp.a FROM SHOPSTREAM_DWH.PUBLIC.tmp", 1, ("CREATE OR REPLACE TEMPORARY TABLE SHOPSTREAM_DWH.PUBLIC.tmp AS SELECT 1 AS a",)),
    Case(S + "create-view", "SELECT * FROM v", [(1,), (2,)], (*T, "CREATE OR REPLACE VIEW v AS SELECT a FROM t ORDER BY a")),
    Case(S + "create-view", "SELECT x FROM v ORDER BY x", [(1,), (2,)], (*T, "CREATE OR REPLACE VIEW v (x COMMENT $$key$$) COMMENT = 'c' AS (SELECT a FROM t)")),
    Case(S + "create-view", "CREATE OR REPLACE VIEW v AS SELECT 1 AS a", "View V successfully created."),
    Case(S + "create-view", "SELECT a FROM v", 1, ("CREATE SECURE VIEW v AS SELECT 1 AS a",)),
    Case(S + "create-view", "SELECT a FROM v", 1, ("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1 AS a",)),
    Case(S + "create-schema", "CREATE SCHEMA IF NOT EXISTS public COMMENT = 'x'", "PUBLIC already exists, statement succeeded.", differs="The answers of some DDL"),
    Case(S + "create-schema", "SELECT COUNT(*) FROM SHOPSTREAM_DWH.INFORMATION_SCHEMA.SCHEMATA WHERE schema_name = 'PUBLIC'", 1, ("CREATE SCHEMA IF NOT EXISTS SHOPSTREAM_DWH.PUBLIC COMMENT = 'x'",)),
    Case(S + "drop-schema", "SELECT COUNT(*) FROM SHOPSTREAM_DWH.INFORMATION_SCHEMA.SCHEMATA WHERE schema_name = 'GONE'", 0, ("CREATE SCHEMA SHOPSTREAM_DWH.gone", "DROP SCHEMA SHOPSTREAM_DWH.gone")),
    Case(S + "drop-schema", "DROP SCHEMA SHOPSTREAM_DWH.never_there", Error("(?i)does not exist")),
    Case(S + "create-database", "SELECT CURRENT_DATABASE()", "SHOPSTREAM_DWH", ("CREATE DATABASE IF NOT EXISTS SHOPSTREAM_DWH COMMENT = 'x'",)),
    Case(S + "comment", "SELECT comment FROM INFORMATION_SCHEMA.TABLES WHERE table_name = 'V' AND table_schema = CURRENT_SCHEMA()", "it's", ("CREATE VIEW v AS SELECT 1 AS a", "COMMENT ON VIEW v IS $$it's$$")),
    Case(S + "create-stage", "SELECT 1", 1, ("CREATE STAGE s URL = 's3://lake/x/' FILE_FORMAT = (TYPE = JSON)",), differs="`FILE_FORMAT` and `COPY_OPTIONS` of a stage are an error"),
    Case("sql-reference/constraints-overview", "SELECT COUNT(*) FROM t", 2, ("CREATE TABLE t (a INT PRIMARY KEY)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)"), differs="`PRIMARY KEY` and `UNIQUE` are enforced"),
    Case(S + "explain", "EXPLAIN USING TEXT SELECT 1", "x", differs="not there at all"),
    Case(S + "create-sequence", "SELECT s.NEXTVAL", 1, ("CREATE SEQUENCE s",)),
    Case(S + "alter-table", COLUMNS, [("A",), ("B",), ("N",), ("C",)], (*T, "ALTER TABLE t ADD COLUMN c NUMBER(38,0)")),
    Case(S + "alter-table", COLUMNS, [("A",), ("B",), ("N",), ("C",), ("D",)], (*T, "ALTER TABLE t ADD COLUMN c INT, d VARCHAR(3)")),
    Case(S + "alter-table", COLUMNS, [("A",), ("B",), ("N",)], (*T, "ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT")),
    Case(S + "alter-table", "SELECT c FROM t ORDER BY a", [("d",), ("d",)], (*T, "ALTER TABLE t ADD COLUMN c VARCHAR DEFAULT 'd'")),
    Case(S + "alter-table", COLUMNS, [("A",), ("N",)], (*T, "ALTER TABLE t DROP COLUMN b")),
    Case(S + "alter-table", COLUMNS, [("A",), ("BB",), ("N",)], (*T, "ALTER TABLE t RENAME COLUMN b TO bb")),
    Case(S + "alter-table", "SELECT COUNT(*) FROM u", 2, (*T, "ALTER TABLE t RENAME TO u")),
    Case(S + "alter-table", "SELECT a, (SELECT a FROM u) FROM t", [(9, 1)],
         ("CREATE TABLE t AS SELECT 1 AS a", "CREATE TABLE u AS SELECT 9 AS a", "ALTER TABLE t SWAP WITH u")),
    Case(S + "alter-table-column", "DESCRIBE TABLE t", [("B", "VARCHAR(10)", "COLUMN", "Y", *[None, "N", "N", None, None, None, None, None])],
         ("CREATE TABLE t (b VARCHAR(5))", "ALTER TABLE t ALTER COLUMN b SET DATA TYPE VARCHAR(10)")),
    Case(S + "alter-table-column", "INSERT INTO t VALUES (NULL)", Error("(?i)null"), ("CREATE TABLE t (a INT)", "ALTER TABLE t ALTER COLUMN a SET NOT NULL")),
    Case(S + "alter-table-column", "SELECT comment FROM INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'T' AND table_schema = CURRENT_SCHEMA() AND column_name = 'A'", "it's",
         (*T, "ALTER TABLE t ALTER \"A\" COMMENT $$it's$$, \"B\" COMMENT $$b$$")),
    Case(S + "comment", "SELECT comment FROM INFORMATION_SCHEMA.TABLES WHERE table_name = 'T' AND table_schema = CURRENT_SCHEMA()", "it's", (*T, "COMMENT ON TABLE t IS $$it's$$")),
    Case(S + "comment", "SELECT comment FROM INFORMATION_SCHEMA.TABLES WHERE table_name = 'T' AND table_schema = CURRENT_SCHEMA()", "x", (*T, "COMMENT IF EXISTS ON TABLE t IS 'x'")),
    Case(S + "drop-table", "DROP TABLE t", "T successfully dropped.", T),
    Case(S + "drop-view", "DROP VIEW v", "V successfully dropped.", ("CREATE VIEW v AS SELECT 1 AS one",)),
    Case(S + "drop-table", "DROP TABLE t", Error("(?i)does not exist")),
    Case(S + "drop-table", "SELECT 1", 1, ("DROP TABLE IF EXISTS t", "DROP VIEW IF EXISTS t CASCADE")),
    Case(S + "truncate-table", "SELECT COUNT(*) FROM t", 0, (*T, "TRUNCATE TABLE IF EXISTS t")),
    Case(
        S + "create-table",
        "SELECT a FROM t",
        [(1,)],
        (
            "CREATE TRANSIENT TABLE IF NOT EXISTS t (a INT) DATA_RETENTION_TIME_IN_DAYS = 1",
            "INSERT INTO t VALUES (1)",
            "CREATE TRANSIENT TABLE IF NOT EXISTS t (a INT) DATA_RETENTION_TIME_IN_DAYS = 1",
        ),
    ),
    Case(S + "alter-session", "ALTER SESSION SET QUERY_TAG = 'x'", DONE),
    Case(
        S + "alter-session",
        "alter session set query_tag = '{\"app\": \"it''s\"}' timezone = 'UTC' date_input_format = 'AUTO'"
        " timestamp_ntz_output_format = 'YYYY-MM-DD HH24:MI:SS.FF3' timestamp_type_mapping = 'TIMESTAMP_NTZ'",
        DONE,
    ),
    Case(S + "alter-session", "ALTER SESSION SET DATE_INPUT_FORMAT = 'DD/MM/YYYY'", Error("DATE_INPUT_FORMAT"), local="an account accepts it: the local warehouse knows ISO alone"),
    Case(S + "alter-session", "ALTER SESSION UNSET QUERY_TAG", DONE),
    Case(S + "alter-session", "ALTER SESSION SET TIMEZONE = 'Europe/Paris'", Error("TIMEZONE"), local="an account accepts it: the local warehouse knows UTC alone"),
    Case(S + "use-warehouse", "SELECT CURRENT_WAREHOUSE()", "OTHER_WH", ("USE WAREHOUSE other_wh",)),
    Case(S + "use-role", "SELECT CURRENT_ROLE()", "REPORTER", ("USE ROLE reporter",)),
    Case(S + "use-schema", "SELECT CURRENT_SCHEMA()", "PUBLIC", ("USE SCHEMA SHOPSTREAM_DWH.PUBLIC",)),
    Case(S + "use-database", "SELECT CURRENT_DATABASE()", "SHOPSTREAM_DWH", ("USE DATABASE SHOPSTREAM_DWH",)),
    Case(S + "set", "SELECT $x + 1", 6, ("SET x = 5",)),
    *(Case(page, statement, Accepted(), local=OF_THE_ACCOUNT) for page, statement in [
        (S + "create-warehouse", "CREATE WAREHOUSE IF NOT EXISTS W WITH WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE COMMENT = 'x'"),
        (S + "alter-warehouse", "ALTER WAREHOUSE W SET WAREHOUSE_SIZE = 'SMALL'"),
        (S + "drop-warehouse", "DROP WAREHOUSE IF EXISTS W"),
        (S + "create-role", "CREATE ROLE IF NOT EXISTS R"),
        (S + "create-user", "CREATE USER IF NOT EXISTS U DEFAULT_ROLE = R"),
        (S + "alter-user", "ALTER USER U SET DEFAULT_SECONDARY_ROLES = ('ALL')"),
        (S + "alter-resource-monitor", "ALTER RESOURCE MONITOR M SET CREDIT_QUOTA = 20 NOTIFY_USERS = (ANNE)"),
        (S + "grant-role", "GRANT ROLE R TO ROLE SYSADMIN"),
        (S + "grant-privilege", "GRANT USAGE ON DATABASE D TO ROLE R"),
        (S + "grant-privilege", "GRANT SELECT ON FUTURE TABLES IN SCHEMA D.S TO ROLE R"),
        (S + "revoke-privilege", "REVOKE SELECT ON ALL TABLES IN SCHEMA D.S FROM ROLE R"),
        (S + "create-storage-integration", "CREATE STORAGE INTEGRATION IF NOT EXISTS S3_INTEGRATION TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE STORAGE_AWS_ROLE_ARN = 'x' STORAGE_ALLOWED_LOCATIONS = ('s3://b/')"),
        (S + "alter-storage-integration", "ALTER STORAGE INTEGRATION S3_INTEGRATION SET ENABLED = TRUE STORAGE_AWS_ROLE_ARN = 'x'"),
        (S + "create-resource-monitor", "CREATE RESOURCE MONITOR IF NOT EXISTS M WITH CREDIT_QUOTA = 10 FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 80 PERCENT DO NOTIFY"),
        (S + "create-resource-monitor", "CREATE OR REPLACE RESOURCE MONITOR M WITH CREDIT_QUOTA = 10 TRIGGERS ON 90 PERCENT DO SUSPEND"),
        (S + "create-network-policy", "CREATE NETWORK POLICY P ALLOWED_IP_LIST = ('1.2.3.4')"),
        (S + "alter-account", "ALTER ACCOUNT SET TIMEZONE = 'UTC'"),
        (S + "alter-database", "ALTER DATABASE SHOPSTREAM_DWH SET TAG cost_center = 'x'"),
    ]),
    Case(S + "alter-stage", "ALTER STAGE {stage} SET STORAGE_INTEGRATION = S3_INTEGRATION", Accepted(), local="provisioning runs it on the namespace's stage"),
    Case(S + "create-masking-policy", "CREATE MASKING POLICY MP AS (v VARCHAR) RETURNS VARCHAR -> '***'", Accepted(), enterprise=True),
    Case(S + "create-row-access-policy", "CREATE ROW ACCESS POLICY RP AS (v NUMBER) RETURNS BOOLEAN -> TRUE", Accepted(), enterprise=True),
    Case(S + "create-tag", "CREATE TAG IF NOT EXISTS COST_CENTER", Accepted(), enterprise=True),
    Case(S + "alter-view", "ALTER VIEW v SET TAG cost_center = 'x'", DONE, ("CREATE TAG cost_center", "CREATE VIEW v AS SELECT 1 AS a"), enterprise=True),
    Case(S + "use-secondary-roles", "USE SECONDARY ROLES ALL", DONE),
    Case(S + "use-secondary-roles", "USE SECONDARY ROLES NONE", DONE),
    *after(T, *(Case(S + "alter-table", statement, DONE) for statement in (
        "ALTER TABLE t CLUSTER BY (a)", "ALTER TABLE t SET DATA_RETENTION_TIME_IN_DAYS = 1", "ALTER TABLE t SET CHANGE_TRACKING = TRUE"))),
    *after((*T, "ALTER TABLE t CLUSTER BY (a)"), *(Case(S + "alter-table", statement, DONE) for statement in (
        "ALTER TABLE t SUSPEND RECLUSTER", "ALTER TABLE t DROP CLUSTERING KEY"))),
    Case(S + "alter-table", "ALTER TABLE t SET TAG cost_center = 'x'", DONE, (*T, "CREATE TAG cost_center"), enterprise=True),
    Case(S + "alter-table", "ALTER TABLE t MODIFY COLUMN b SET MASKING POLICY mp", DONE,
         (*T, "CREATE MASKING POLICY mp AS (v VARCHAR) RETURNS VARCHAR -> '***'"), enterprise=True),
    Case(S + "alter-table", "ALTER TABLE t ADD ROW ACCESS POLICY rp ON (a)", DONE,
         (*T, "CREATE ROW ACCESS POLICY rp AS (v NUMBER) RETURNS BOOLEAN -> TRUE"), enterprise=True),
]  # fmt: skip

DML = after(
    T,
    Case(S + "insert", "INSERT INTO t VALUES (3, 'z', 2)", 1),
    Case(S + "insert", VALUES, [(1, "x"), (2, "y"), (3, "z")], ("INSERT INTO t (b, a) SELECT 'z', 3",)),
    Case(S + "insert", VALUES, [(3, "z")], ("INSERT OVERWRITE INTO t SELECT 3, 'z', NULL",)),
    Case(S + "insert", "INSERT INTO t (a, b) VALUES (1)", Error("(?i)column|values")),
    Case(S + "insert", "INSERT INTO t (b) VALUES ('abcdefgh')", Error("too long"), differs="`VARCHAR(n)` is enforced"),
    Case(S + "update", "UPDATE t SET b = 'q' WHERE a > 1", [(1, 0)]),
    Case(S + "update", VALUES, [(1, "x"), (2, "w")], ("UPDATE t SET b = s.v FROM (SELECT 2 AS k, 'w' AS v) AS s WHERE t.a = s.k",)),
    Case(S + "delete", "DELETE FROM t WHERE a = 1", 1),
    Case(S + "delete", "DELETE FROM t", 2),
    Case(S + "delete", VALUES, [(1, "x")], ("DELETE FROM t USING (SELECT 2 AS k) AS s WHERE t.a = s.k",)),
    Case(S + "delete", VALUES, [(1, "x")], ("DELETE FROM t WHERE a IN (SELECT a FROM t WHERE a = 2) OR a IN (SELECT a FROM (SELECT a, b FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY b ORDER BY a) = 1) AS s WHERE b = 'y' AND a IS NOT NULL)",)),
    Case(S + "merge", "MERGE INTO t USING (SELECT column1 AS a FROM VALUES (1), (9)) AS s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 'm' WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a)", [(1, 1)]),
    Case(S + "merge", VALUES, [(2, "y"), (9, "n")],
         ("MERGE INTO t AS d USING (SELECT 1 AS a, 'n' AS b UNION ALL SELECT 9, 'n') AS s ON d.a = s.a WHEN MATCHED AND s.b = 'n' THEN DELETE WHEN NOT MATCHED THEN INSERT (a, b) VALUES (a, b)",)),
    Case("sql-reference/transactions", VALUES, [(1, "x"), (2, "y")], ("BEGIN", "DELETE FROM t", "ROLLBACK")),
    Case("sql-reference/transactions", "SELECT COUNT(*) FROM t", 0, ("BEGIN TRANSACTION", "DELETE FROM t", "COMMIT", "ROLLBACK")),
    Case("sql-reference/transactions", "SELECT COUNT(*) FROM t", 0, ("START TRANSACTION", "DELETE FROM t", "CREATE TABLE u (a INT)", "ROLLBACK")),
)  # fmt: skip
CASES = DDL + DML
