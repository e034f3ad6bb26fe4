"""The documents that Snowflake answers requests with, and the bindings that come with them."""

from __future__ import annotations

import logging
from typing import Any

from snowflake.connector.errors import Error

from shopstream_platform.localsnow import errors
from shopstream_platform.localsnow.cursor import LocalCursor
from shopstream_platform.localsnow.rendering import ROWSET
from shopstream_platform.localsnow.results import to_snowflake_arrow
from shopstream_platform.localsnow.session import LocalSession
from shopstream_platform.localsnow.upstream import SERVER_VERSION, from_binding

# Of a result. It is in memory twice while it is sent.
MOST_BYTES = 256 * 2**20
logger = logging.getLogger("shopstream.warehouse")


def run_statement(session: LocalSession, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a query request, whatever happens."""
    with session.catalogue.memory.watching(session.take_too_much):
        return _answer(session, body)


def _answer(session: LocalSession, body: dict[str, Any]) -> dict[str, Any]:
    try:
        cursor = LocalCursor(session)
        rows = _bindings(body.get("bindings"))
        if isinstance(rows, list):
            changed = sum(cursor.execute(body["sqlText"], binding_params=row).rowcount or 0 for row in rows)
            return _result(session, cursor, changed)
        cursor.execute(body["sqlText"], binding_params=rows)
        return _result(session, cursor, None)
    except Error as error:
        return _failure_of(error)
    except MemoryError:
        return _failure_of(errors.out_of_memory())
    except Exception:
        logger.exception("A statement failed in the server")
        return _failure_of(errors.not_understood())


def _failure_of(error: Error) -> dict[str, Any]:
    logger.info("%s: %s", type(error).__name__, error)
    code = f"{error.errno:06d}" if error.errno else f"{errors.INTERNAL:06d}"
    return failure(code, error.raw_msg or str(error), error.sqlstate)


def _result(session: LocalSession, cursor: LocalCursor, changed: int | None) -> dict[str, Any]:
    columns, table = cursor.columns, cursor.table
    data: dict[str, Any] = {
        "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}],
        "rowtype": columns,
        "total": table.num_rows,
        "returned": table.num_rows,
        "queryId": cursor.sfqid,
        "statementTypeId": cursor.type_id,
        "finalDatabaseName": session.database,
        "finalSchemaName": session.schema,
        "finalWarehouseName": session.context["warehouse"],
        "finalRoleName": session.context["role"],
    }
    if changed is not None:
        data |= {"queryResultFormat": "json", "rowset": [[str(changed)]], "total": 1}
    elif cursor.changed_rows:
        rows = [[None if value is None else str(value) for value in row.values()] for row in table.to_pylist()]
        data |= {"queryResultFormat": "json", "rowset": rows}
    else:
        data |= {"queryResultFormat": "arrow", ROWSET: to_snowflake_arrow(table, columns, MOST_BYTES)}
    return {"data": data, "code": None, "message": None, "success": True}


def _bindings(bindings: dict[str, Any] | None) -> Any:
    """None, named values, one tuple of values, or one tuple for each row of an executemany."""
    try:
        return _understood(bindings) if bindings else None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.sql_error("The values bound to the statement are not in a form that is known.") from error


def _understood(bindings: dict[str, Any]) -> Any:
    if not all(name.isdigit() for name in bindings):
        return {name: _bound(binding) for name, binding in bindings.items()}
    ordered = [bindings[str(position)] for position in range(1, len(bindings) + 1)]
    if any(isinstance(binding["value"], list) for binding in ordered):
        columns = [[_bound({**binding, "value": value}) for value in binding["value"]] for binding in ordered]
        return list(zip(*columns, strict=True))
    return tuple(_bound(binding) for binding in ordered)


def _bound(binding: dict[str, Any]) -> Any:
    """Upstream converts a bound NULL as if it were text and fails."""
    return None if binding["value"] is None else from_binding(binding)


def logged_in(session: LocalSession, token: str) -> dict[str, Any]:
    # Without a master token the connector never ends its session, and without the telemetry switch it asks for a
    # route that is not there.
    parameters = {
        "AUTOCOMMIT": session.parameters.autocommit,
        "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": 3600,
        "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": 0,
        "CLIENT_TELEMETRY_ENABLED": False,
        "TIMEZONE": "Etc/UTC",
    }
    data = {
        "token": token,
        "masterToken": token,
        "serverVersion": SERVER_VERSION,
        "sessionId": session.id,
        "parameters": [{"name": name, "value": value} for name, value in parameters.items()],
        "sessionInfo": {
            "databaseName": session.database,
            "schemaName": session.schema,
            "warehouseName": session.context["warehouse"],
            "roleName": session.context["role"],
        },
    }
    return {"data": data, "code": None, "message": None, "success": True}


def failure(code: str, message: str, sqlstate: str | None) -> dict[str, Any]:
    data = {"errorCode": code, "sqlState": sqlstate}
    return {"data": data, "code": code, "message": message, "success": False, "headers": None}
