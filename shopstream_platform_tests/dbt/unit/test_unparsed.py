"""What dbt says of a project that does not parse becomes one sentence: what uses what, and what to do."""

import json

import pytest

from shopstream_platform.dbt.unparsed import why_not_parsed

BEGINNING = "the dbt project does not parse: "
ADVICE = "; correct or delete the file that it names, below shopstream_dbt"


def logged(message: str, level: str = "error") -> str:
    return json.dumps({"data": {}, "info": {"level": level, "msg": message, "ts": "2026-01-01T10:11:12Z"}})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "Compilation Error\n  Model 'model.shopstream_dbt.mart_x' (models/marts/mart_x.sql) depends on a node "
            "named 'stg_a__b' which was not found",
            "model mart_x (models/marts/mart_x.sql) uses model stg_a__b, which was not found; correct or delete "
            "models/marts/mart_x.sql, or bring stg_a__b back",
        ),
        (
            "Compilation Error\n  Model 'model.shopstream_dbt.x' (models/x.sql) depends on a source named 'a.b' which "
            "was not found",
            "model x (models/x.sql) uses source a.b, which was not found; correct or delete models/x.sql, or bring "
            "a.b back",
        ),
        (
            'Compilation Error\n  dbt found two sources with the name "raw_t".\n  \n  To fix this, change one.',
            f'Compilation Error dbt found two sources with the name "raw_t". To fix this, change one{ADVICE}',
        ),
    ],
)
def test_an_error_is_one_sentence_with_advice(said: str, expected: str) -> None:
    error = logged(f"Encountered an error:\n{said}")
    assert why_not_parsed(f"{logged('a warning', 'warn')}\n{error}\n") == f"{BEGINNING}{expected}"


def test_what_dbt_did_not_write_is_said_too() -> None:
    assert why_not_parsed("Killed\n") == f"{BEGINNING}Killed{ADVICE}"
    assert why_not_parsed("") == f"{BEGINNING}dbt does not say why{ADVICE}"
