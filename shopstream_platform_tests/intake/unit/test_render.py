"""The files of a proposal: other people's words in them are words, and what is written is what was proposed."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shopstream_platform.config.settings import CHECKOUT
from shopstream_platform.contract.declare import LakeFormat
from shopstream_platform.contract.source import Source, checked
from shopstream_platform.contract.tables import SHOP_TABLES
from shopstream_platform.intake.found import Relation
from shopstream_platform.intake.propose import propose
from shopstream_platform.intake.render import literals
from shopstream_platform.intake.render.declaration import declaration
from shopstream_platform.intake.render.files import files
from shopstream_platform.intake.render.staging import model, properties
from shopstream_platform_tests.intake.found import (
    ALL_DAILY,
    NOTHING_MEASURED,
    TIMESTAMP,
    column,
    inspection,
    relation,
    required,
)

HOSTILE = (
    '""" + __import__("os").system("id") + """',
    "{{ env_var('HOME') }}",
    "{% macro x() %}{# #}",
    "a: [b]\n- c",
    "'''\\",
    "\u202e\x1b[31m",
    "x" * 2_000,
    "%s {0}",
)
ORDERS = relation("public.orders", required("id"), required("created_at", TIMESTAMP), key=(1,), comment="Orders.")
ITEMS = relation(
    "public.order_items",
    required("order_id"),
    required("no", "smallint"),
    column("note", "jsonb"),
    column("email", "character varying(20)"),
    column("place", "point"),
    key=(1, 2),
    references=((1, ORDERS),),
)


def rendered(*relations: Relation) -> dict[str, str]:
    proposal = propose("src", inspection(*relations), NOTHING_MEASURED, ALL_DAILY)
    return {path.name: text for path, text in files(proposal, "SRC_DSN").items()}


def declared(*relations: Relation) -> Source:
    """What the declaration says once it is imported."""
    proposal = propose("src", inspection(*relations), NOTHING_MEASURED, ALL_DAILY)
    names: dict[str, Any] = {}
    exec(compile(declaration(proposal, "SRC_DSN", "A source."), "src.py", "exec"), names)
    return names["SOURCE"]


@given(st.text(st.characters(blacklist_categories=["Cs"])), st.integers(0, 60))
def test_a_string_of_python_is_the_text(text: str, indent: int) -> None:
    line = literals.one_line(text)
    pieces = literals.python_lines(line, indent)
    assert ast.literal_eval("(" + "\n".join(pieces) + ")") == line
    assert all(len(piece) + indent + 1 <= literals.LINE for piece in pieces)


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_a_scalar_of_yaml_is_the_text_and_no_template(text: str) -> None:
    line = literals.one_line(text)
    read = yaml.safe_load(f"a: {literals.yaml(line)}")["a"] if line else ""
    assert read.replace(" ", "") == line.replace(" ", "")
    assert jinja2.Environment(autoescape=False).from_string(read).render() == read


@pytest.mark.security
@pytest.mark.parametrize("words", HOSTILE)
def test_a_comment_at_the_source_is_neither_code_nor_a_template(words: str) -> None:
    one = relation("public.t", required("id", comment=words), key=(1,), comment=words)
    source = declared(one)
    assert source.tables[0].description == literals.one_line(words)
    assert source.tables[0].columns[0].description == literals.one_line(words)
    for name, text in rendered(one).items():
        if name.endswith(".yml"):
            found = yaml.safe_load(text)
            described = (found.get("sources") or found["models"])[0]
            for said in (described.get("tables") or [described])[0]["description"], described["description"]:
                assert jinja2.Environment(autoescape=False).from_string(said).render() == said
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.security
@pytest.mark.parametrize("name", ['a"; DROP TABLE x; --', "a'b", "a\nb", "{{ x }}", '"""'])
def test_a_name_at_the_source_is_a_name(name: str) -> None:
    one = relation("public.t", required(name), key=(1,))
    (table,) = declared(one).tables
    assert [found.source_name for found in table.columns] == [name]
    sql = rendered(one)["stg_src__t.sql"]
    assert name not in sql.replace("{{ source('src', 't') }}", "")


def test_the_declaration_says_what_was_proposed() -> None:
    source = declared(ORDERS, ITEMS)
    assert (source.name, source.dsn_env) == ("src", "SRC_DSN")
    orders, items = checked(*SHOP_TABLES, *source.tables)[-2:]
    assert (orders.name, orders.relation, orders.key, orders.description) == (
        *("src__orders", "public.orders", ("id",), "Orders."),
    )
    assert (orders.day_column, orders.column("created_at").nullable) == ("created_at", False)
    assert (items.parent, items.key, items.lake_format.value) == (orders, ("order_id", "no"), "json")
    assert [one.name for one in items.columns if one.pii] == ["email"]
    assert items.column("order_id").references == "src__orders"


def test_what_is_left_out_is_written_as_a_comment() -> None:
    closed = relation("public.closed", column("a"), readable=False)
    text = rendered(ORDERS, ITEMS, closed)["src.py"]
    assert "        # Not loaded:\n        #   place (point): type point is not mapped" in text
    assert "# Not loaded:\n#   public.closed: role reader may not read it: GRANT SELECT" in text


def test_a_table_called_source_does_not_hide_the_source() -> None:
    assert [table.name for table in declared(relation("public.source", required("id"), key=(1,))).tables] == [
        "src__source"
    ]


def test_a_staging_model_passes_every_column_on_and_tests_keys_and_references() -> None:
    orders, items = propose("src", inspection(ORDERS, ITEMS), NOTHING_MEASURED, ALL_DAILY).tables
    assert "        order_id,\n        no,\n        note,\n        email,\n        _partition_date\n" in model(items)
    read = yaml.safe_load(properties(items, {table.full_name: table for table in (orders, items)}))
    (declared_model,) = read["models"]
    assert declared_model["data_tests"] == [{"unique_grain": {"arguments": {"columns": ["order_id", "no"]}}}]
    columns = {one["name"]: one for one in declared_model["columns"]}
    assert columns["order_id"]["data_tests"] == [
        "not_null",
        {
            "relationships": {
                "arguments": {"to": "ref('stg_src__orders')", "field": "id"},
                "config": {"severity": "warn", "store_failures_as": "view"},
            }
        },
    ]
    assert columns["email"]["config"] == {"tags": ["pii"]}
    assert "data_tests" not in columns["note"]
    (unit_test,) = read["unit_tests"]
    assert unit_test["expect"]["rows"] == unit_test["given"][0]["rows"]
    (simple,) = yaml.safe_load(properties(orders, {}))["models"]
    assert simple["columns"][0]["data_tests"] == ["not_null", "unique"]


@pytest.mark.parametrize("left_out", [False, True])
def test_a_table_of_one_column_is_laid_out_as_formatter_and_linter_do(left_out: bool) -> None:
    place = (column("place", "point"),) if left_out else ()
    one = relation("public.code", required("code", "text"), *place, key=(1,))
    text = rendered(one)
    line = '    columns=(column("code", "text", "Code.", key=True),),\n'
    assert (line in text["src.py"]) is not left_out
    assert "    tables=(CODE,),\n" in text["src.py"]
    assert formatted(text["src.py"]) == text["src.py"]
    assert "\n    select code\n    from source\n" in text["stg_src__code.sql"]


@pytest.mark.parametrize("length", range(70, 100))
def test_a_column_alone_is_laid_out_as_the_formatter_does_however_long_it_is(length: int) -> None:
    one = relation("public.code", required("code", "text", comment="c" * length), key=(1,))
    text = rendered(one)["src.py"]
    assert formatted(text) == text


def formatted(text: str) -> str:
    """What the formatter makes of it."""
    command = [Path(sys.executable).with_name("ruff"), "format", "--config", CHECKOUT / "pyproject.toml", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_a_column_alone_goes_as_ndjson() -> None:
    # Of a CSV of one column a NULL is an empty line, which Snowflake refuses.
    (alone,) = declared(relation("public.t", column("a", "text"))).tables
    (beside,) = declared(relation("public.t", column("a", "text"), column("b", "text"))).tables
    assert (alone.lake_format, beside.lake_format) == (LakeFormat.NDJSON, LakeFormat.CSV)


@pytest.mark.security
def test_no_test_of_a_key_selects_personal_values() -> None:
    person = relation("public.person", required("email", "text"), column("id"), key=(1,))
    number = relation("public.number", required("phone", "text"), required("no"), key=(1, 2))
    text = rendered(person, number)
    (alone,) = yaml.safe_load(text["stg_src__person.yml"])["models"]
    assert alone["columns"][0]["data_tests"] == ["not_null"]
    assert "        # Not tested for being unique: a test's rows would" in text["stg_src__person.yml"]
    (grain,) = yaml.safe_load(text["stg_src__number.yml"])["models"]
    assert "data_tests" not in grain
    assert [one["data_tests"] for one in grain["columns"]] == [["not_null"]] * 2
    assert "    # No unique_grain of the key (phone, no): a test's rows would" in text["stg_src__number.yml"]


def test_a_column_without_null_that_is_no_key_is_looked_for() -> None:
    one = relation("public.t", required("id"), required("a"), column("b"), key=(1,))
    (found,) = yaml.safe_load(rendered(one)["stg_src__t.yml"])["models"]
    assert [column.get("data_tests") for column in found["columns"]] == [
        ["not_null", "unique"],
        [{"not_null": {"config": {"severity": "warn"}}}],
        None,
    ]


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "y", "n", "null", "true", "False"])
def test_a_word_of_yamls_is_a_name(word: str) -> None:
    one = relation(f"public.{word}", required(word), required("b"), key=(1, 2))
    text = rendered(one)
    (found,) = yaml.safe_load(text[f"stg_src__{word.lower()}.yml"])["models"]
    assert found["columns"][0]["name"] == declared(one).tables[0].columns[0].name
    assert found["data_tests"][0]["unique_grain"]["arguments"]["columns"][0] == found["columns"][0]["name"]
    (source,) = yaml.safe_load(text["_src__sources.yml"])["sources"]
    assert source["tables"][0]["name"] == word.lower()


def test_partitioned_tables_are_marked_in_dbts_source() -> None:
    snapshot = relation("public.country", required("code", "text"), key=(1,))
    (source,) = yaml.safe_load(rendered(ORDERS, snapshot)["_src__sources.yml"])["sources"]
    assert [(one["name"], one["identifier"], one.get("config")) for one in source["tables"]] == [
        ("orders", "src__orders", {"meta": {"is_partitioned": True}}),
        ("country", "src__country", None),
    ]
