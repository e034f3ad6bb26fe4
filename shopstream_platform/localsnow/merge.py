"""MERGE as one DuckDB statement."""

from sqlglot import Expr, exp

RESULT_NAMES = {"INSERT": "inserted", "UPDATE": "updated", "DELETE": "deleted"}


def counted(expression: Expr) -> tuple[str, list[str]]:
    """The DuckDB statement, which returns each row's action, and the actions that the statement names.

    Upstream splits a MERGE into a temporary table and one statement per clause: not atomic, a write to a second
    database inside a transaction, and `INSERT ... VALUES (column)` becomes ambiguous.
    """
    merge = expression.copy()
    source = merge.args["using"].alias_or_name
    target = merge.this.alias_or_name
    for when in merge.args["whens"].expressions:
        _fit_clause(when, source, target)
    merge.set("returning", exp.Returning(expressions=[exp.column("merge_action")]))
    return merge.sql(dialect="duckdb"), _actions(expression)


def _fit_clause(when: exp.When, source: str, target: str) -> None:
    """In an INSERT a bare column is the source's; in an UPDATE the assigned column carries no table name."""
    then = when.args.get("then")
    if isinstance(then, exp.Insert):
        for column in then.find_all(exp.Column):
            if then.this is not None and column.find_ancestor(exp.Tuple) is then.this:
                column.set("table", None)
            elif not column.table:
                column.set("table", exp.to_identifier(source))
    elif isinstance(then, exp.Update):
        for assignment in then.expressions:
            if isinstance(assignment.this, exp.Column):
                assignment.this.set("table", None)


def _actions(merge: Expr) -> list[str]:
    clauses = [when.args.get("then") for when in merge.args["whens"].expressions]
    found = {"INSERT" if isinstance(then, exp.Insert) else "UPDATE" if isinstance(then, exp.Update) else "DELETE"
             for then in clauses}  # fmt: skip
    return [action for action in RESULT_NAMES if action in found]


def counts_sql(actions: list[str], rows: list[tuple[str]]) -> tuple[str, int]:
    """Snowflake's answer to a MERGE: one column for each kind of action, and the sum of them."""
    counts = {action: sum(row[0] == action for row in rows) for action in actions}
    columns = ", ".join(f'{count} AS "number of rows {RESULT_NAMES[action]}"' for action, count in counts.items())
    return f"SELECT {columns}", sum(counts.values())
