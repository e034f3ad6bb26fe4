"""What the platform's sessions say of themselves, and what they do not leave to an account."""

import json
from typing import Any
from unittest.mock import MagicMock

import pytest

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.stores.warehouse import FORMATS, LONGEST_TAG, Warehouse, query_tag, session_arguments

AT = SnowflakeConnection("acme", "loader", password="p")


def test_a_tag_is_json_that_says_what_a_statement_is_for() -> None:
    arguments = session_arguments(AT, layer="raw", table="orders", run="0a1b")
    tag = arguments["additional_snowflake_connection_args"]["session_parameters"]["QUERY_TAG"]
    assert json.loads(tag) == {"app": "shopstream", "layer": "raw", "table": "orders", "run": "0a1b"}


@pytest.mark.parametrize("length", [1, 1900, 2000, 5000])
def test_a_tag_is_never_longer_than_snowflake_takes_and_always_json(length: int) -> None:
    tag = query_tag(run="x" * length, layer="raw")
    assert len(tag) <= LONGEST_TAG
    assert json.loads(tag)["layer"] == "raw"
    assert ("run" in json.loads(tag)) is (length < LONGEST_TAG - 60)


@pytest.mark.parametrize(
    "name",
    [
        *("TIMEZONE", "DATE_INPUT_FORMAT", "TIME_INPUT_FORMAT", "TIMESTAMP_INPUT_FORMAT"),
        *("DATE_OUTPUT_FORMAT", "TIMESTAMP_NTZ_OUTPUT_FORMAT", "TIMESTAMP_TYPE_MAPPING"),
    ],
)
def test_an_accounts_formats_are_not_the_sessions(name: str) -> None:
    """An account with 'DD/MM/YYYY' would not read '2025-09-01'::DATE."""
    parameters = session_arguments(AT)["additional_snowflake_connection_args"]["session_parameters"]
    assert parameters[name] == FORMATS[name]


def test_an_account_without_the_result_cache_does_not_start_the_warehouse_at_every_look() -> None:
    parameters = session_arguments(AT)["additional_snowflake_connection_args"]["session_parameters"]
    assert parameters["USE_CACHED_RESULT"] == "TRUE"


def test_a_rollback_that_fails_does_not_hide_what_went_wrong() -> None:
    session: Any = MagicMock()
    session.rollback.side_effect = ConnectionError("the network is gone")
    with pytest.raises(ValueError, match="the reason"), Warehouse(session).transaction():
        raise ValueError("the reason")
    assert session.rollback.called
