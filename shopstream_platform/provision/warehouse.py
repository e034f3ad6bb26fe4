"""Snowflake objects: the SQL files beside this module, in order, then the tables that the catalogue declares."""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from shopstream_platform.load.sql import ddl
from shopstream_platform.load.warehouse import Warehouse
from shopstream_platform.tables import TABLES


def statements(*, database: str, bucket: str) -> list[str]:
    """Every statement in order; each is safe to run again."""
    folder = files("shopstream_platform.provision") / "snowflake"
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    render = Environment(undefined=StrictUndefined, autoescape=False).from_string  # noqa: S701 - SQL, not HTML
    texts = [render(script.read_text("utf-8")).render(database=database, bucket=bucket) for script in scripts]
    return [statement for text in texts for statement in _split(text)] + [
        f"USE SCHEMA {database}.RAW",
        *ddl(TABLES),
    ]


def provision(warehouse: Warehouse, *, database: str, bucket: str) -> None:
    """Create whatever does not exist yet."""
    for statement in statements(database=database, bucket=bucket):
        warehouse.execute(statement)


def _split(script: str) -> list[str]:
    """Statements of a script whose lines end with ';' only where a statement ends."""
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [statement.strip() for statement in "\n".join(lines).split(";\n") if statement.strip(" \n;")]
