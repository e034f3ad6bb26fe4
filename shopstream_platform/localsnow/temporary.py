"""Temporary tables and views: DuckDB's own, found under the Snowflake name in the session that made them."""

from __future__ import annotations

from sqlglot import Expr, exp

from shopstream_platform.localsnow.interfaces import Session

Name = tuple[str, str, str]


def redirect(session: Session, expression: Expr) -> None:
    """Point every reference to a temporary object of this session to where DuckDB keeps it.

    Upstream passes CREATE TEMPORARY TABLE DATABASE.SCHEMA.NAME on to DuckDB, whose temporary objects have no schema.
    """
    if isinstance(expression, exp.Create) and _is_temporary(expression):
        _declare(session, expression)
    if not session.temporaries:
        return
    common = {cte.alias_or_name for cte in expression.find_all(exp.CTE)}
    for table in list(expression.find_all(exp.Table)):
        if not (table.name in common and not table.db):
            _redirect_table(session, table)


def creates(expression: Expr) -> bool:
    """Whether the redirected statement makes a temporary object."""
    return isinstance(expression, exp.Create) and expression.kind in ("TABLE", "VIEW") and _is_temporary(expression)


def forget(session: Session, expression: Expr) -> None:
    """A dropped temporary object no longer hides the permanent one of the same name."""
    if isinstance(expression, exp.Drop):
        gone = dropped(expression).name
        session.temporaries = {name: kept for name, kept in session.temporaries.items() if kept != gone}


def dropped(drop: exp.Drop) -> exp.Table:
    """What a DROP names."""
    names = drop.args.get("tables") or [drop.this]
    return names[0] if isinstance(names[0], exp.Table) else exp.Table()


def _is_temporary(create: exp.Create) -> bool:
    properties = create.args.get("properties")
    if create.kind not in ("TABLE", "VIEW") or properties is None:
        return False
    return any(isinstance(item, exp.TemporaryProperty) for item in properties.expressions)


def _declare(session: Session, create: exp.Create) -> None:
    target = create.this.this if isinstance(create.this, exp.Schema) else create.this
    name = full_name(session, target)
    if name is not None:
        session.temporaries[name] = ".".join(name)


def _redirect_table(session: Session, table: exp.Table) -> None:
    name = full_name(session, table)
    kept = session.temporaries.get(name) if name else None
    if kept is None:
        return
    if not table.alias and table.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge):
        # Columns may be qualified by the name that is replaced here.
        table.set("alias", exp.TableAlias(this=table.this.copy()))
    table.set("this", exp.to_identifier(kept, quoted=True))
    table.set("db", exp.to_identifier("main"))
    table.set("catalog", exp.to_identifier("temp"))


def full_name(session: Session, table: Expr) -> Name | None:
    """(database, schema, name) of a table from where the session is; None for what is not one or has no place."""
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
        return None
    parts = [table.args.get("catalog"), table.args.get("db"), table.this]
    names = [_normal(part) if isinstance(part, exp.Identifier) else None for part in parts]
    database, schema, name = names[0] or session.database, names[1] or session.schema, names[2]
    return (database, schema, name) if database and schema and name else None


def _normal(identifier: exp.Identifier) -> str:
    return identifier.this if identifier.quoted else identifier.this.upper()
