"""What is replaced in fakesnow is there to be replaced."""

import ast
import inspect
from textwrap import dedent

import pytest

from shopstream_platform.localsnow import patches, upstream


def test_a_step_that_upstream_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError, match="fakesnow has no step whole_numbers"):
        upstream.replace_steps({"whole_numbers": patches.whole_numbers}, {})
    with pytest.raises(KeyError, match="fakesnow has no default of QUOTE"):
        upstream.replace_steps({}, {"QUOTE": "x"})


def test_a_translation_takes_from_the_session_what_a_plan_is_kept_by() -> None:
    """A step that comes to read more than `UpstreamSession.where` has to keep its statements from having plans."""
    tree = ast.parse(dedent(inspect.getsource(upstream.UpstreamCursor._transform)))
    reads = {
        step.func.attr: {ast.unparse(argument) for argument in step.args if ast.unparse(argument).startswith("self.")}
        for step in ast.walk(tree)
        if isinstance(step, ast.Call) and isinstance(step.func, ast.Attribute) and step.func.attr != "transform"
    }
    place = {"self._conn.database", "self._conn.schema"}
    beyond = {step: read - place for step, read in reads.items() if read - place}
    # Stages of tables are of LIST and PUT. What CREATE asks the catalogue stands in plans.py.
    assert beyond == {
        "list_stage": {"self._conn.table_stages"},
        "put_stage": {"self._conn.table_stages"},
        "create_table_as": {"self._duck_conn"},
    }
    given = {ast.unparse(word.value) for word in ast.walk(tree) if isinstance(word, ast.keyword)}
    session = {value for value in given if value.startswith("self.")}
    # Variables are set by a statement of their own; the folder of the databases is one for the server.
    assert session == place | {"self._conn.variables", "self._conn.db_path"}
