"""Databases that no table of the platform was made for, as SQL files with the same rows every time."""

from pathlib import Path

import psycopg2
from psycopg2.extensions import parse_dsn

HERE = Path(__file__).parent
# A server in itself: what is foreign lies in another schema of the same database.
FOREIGN = """
    CREATE EXTENSION IF NOT EXISTS postgres_fdw;
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %(host)s, port %(port)s, dbname %(dbname)s);
    CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere OPTIONS (user %(user)s, password %(password)s);
    CREATE FOREIGN TABLE registry.exchange_partner (country_code char(2) NOT NULL, name text, population bigint)
        SERVER elsewhere OPTIONS (schema_name 'registry', table_name 'country', updatable 'false');
    ALTER FOREIGN TABLE registry.exchange_partner ALTER COLUMN country_code OPTIONS (column_name 'code');
"""


def load(dsn: str, name: str) -> None:
    """Run `<name>.sql` in the database, and analyse it; `campus` also gets a foreign table."""
    conn = psycopg2.connect(dsn)
    try:
        with conn, conn.cursor() as cursor:
            cursor.execute((HERE / f"{name}.sql").read_text("utf-8"))
            if name == "campus":
                cursor.execute(FOREIGN, parse_dsn(dsn))
            cursor.execute("ANALYZE")
    finally:
        conn.close()
