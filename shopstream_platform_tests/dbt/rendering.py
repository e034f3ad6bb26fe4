"""The models' SQL without dbt: relations by name, the project's variables, its macros as something of their kind."""

from pathlib import Path
from typing import Any

import sqlglot
import yaml
from jinja2 import Environment
from sqlglot import exp

from shopstream_platform.dbt.project import PROJECT_DIR

VARIABLES: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "dbt_project.yml").read_text("utf-8"))["vars"][
    "shopstream_dbt"
]


def rendered(sql: str) -> str:
    """The SQL with its variables as they are; a source is <source>.<table>, a model its name."""
    environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)
    return environment.from_string(sql).render(
        config=lambda **_: "",
        ref=lambda name: name,
        source=lambda source, name: f"{source}.{name}",
        var=VARIABLES.__getitem__,
        quoted=lambda words: ", ".join(f"'{word}'" for word in words),
        in_one_spelling=lambda status: status,
        stale_partitions=lambda: "select * from current_loads",
        partition_columns=lambda stale: f"{stale}._partition_date",
        date_key=lambda day: f"year({day})",
        is_complete_day=lambda day: f"({day} is not null)::boolean",
        exact_ratio=lambda *_: "(1)::number(38, 2)",
    )


def parsed(path: Path) -> exp.Query:
    """The one statement of a model or a test, as Snowflake's SQL."""
    (statement,) = sqlglot.parse(rendered(path.read_text("utf-8")), dialect="snowflake")
    assert isinstance(statement, exp.Query)
    return statement
