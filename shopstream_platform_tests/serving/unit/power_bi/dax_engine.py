"""Runs the measures of a semantic model on rows in memory: the part of DAX that our measures keep to.

A filter context is, for each filtered column, the values that are let through. Filters go from the one to the many.
Rows whose key is not in the table of the one side belong to a blank row there: None lets it through.
https://learn.microsoft.com/en-us/dax/dax-overview
"""

import calendar
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sidemantic_dax as dax

from shopstream_platform.pbip.check.reading import End, ReadModel

Context = Mapping[End, frozenset[Any]]
Row = dict[str, Any]
DATE: End = ("Date", "Date")
EPOCH = date(1899, 12, 30)
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "Gt": operator.gt,
    "Gte": operator.ge,
    "Lt": operator.lt,
    "Lte": operator.le,
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
}


def shifted(day: date, months: int) -> date:
    """The same day some months later, or the last of the month if it has no such day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def month_end(day: date, months: int) -> date:
    first = shifted(day.replace(day=1), months + 1)
    return first - timedelta(days=1)


class Engine:
    """A model with rows: table -> rows, by the columns' names in the model."""

    def __init__(self, model: ReadModel, rows: Mapping[str, Sequence[Row]]) -> None:
        self._model = model
        self._rows = {name: list(found) for name, found in rows.items()}
        for table in model.tables.values():
            if table.kind == "calculated":
                self._rows[table.name] = self._table(dax.parse_expression(table.query))

    def value(self, measure: str, choices: Mapping[End, Any] | None = None) -> Any:
        """A measure where each of these columns has the value, or one of the set of values."""
        chosen = {end: one if isinstance(one, set | frozenset) else {one} for end, one in (choices or {}).items()}
        return self._measure(measure, {end: frozenset(values) for end, values in chosen.items()})

    def values(self, table: str, column: str) -> list[Any]:
        """The distinct values of a column, in order."""
        return sorted({row[column] for row in self._rows[table]} - {None})

    def _measure(self, name: str, context: Context) -> Any:
        _, measure = self._model.measures[name]
        return self._scalar(dax.parse_expression(measure.dax), context, {})

    def _visible(self, table: str, context: Context) -> list[Row]:
        rows = self._rows[table]
        for (other, column), allowed in context.items():
            if other == table:
                rows = [row for row in rows if row[column] in allowed]
        for many, one in self._model.relationships:
            if many[0] == table and self._is_filtered(one[0], context):
                keys = {row[one[1]] for row in self._visible(one[0], context)}
                unknown = self._shows_its_blank_row(one[0], context)
                known = {row[one[1]] for row in self._rows[one[0]]}
                rows = [row for row in rows if row[many[1]] in keys or (unknown and row[many[1]] not in known)]
        return rows

    def _shows_its_blank_row(self, table: str, context: Context) -> bool:
        own = [allowed for end, allowed in context.items() if end[0] == table]
        above = [one[0] for many, one in self._model.relationships if many[0] == table]
        return all(None in allowed for allowed in own) and all(self._shows_its_blank_row(t, context) for t in above)

    def _has_blank_row(self, table: str) -> bool:
        return any(
            row[many[1]] not in {key[one[1]] for key in self._rows[table]}
            for many, one in self._model.relationships
            if one[0] == table
            for row in self._rows[many[0]]
        )

    def _is_filtered(self, table: str, context: Context) -> bool:
        above = [one[0] for many, one in self._model.relationships if many[0] == table]
        return any(end[0] == table for end in context) or any(self._is_filtered(one, context) for one in above)

    def _scalar(self, node: Any, context: Context, names: dict[str, Any]) -> Any:
        match node:
            case dax.VarBlock():
                known = dict(names)
                for declared in node.decls:
                    known[declared.name] = self._scalar(declared.expr, context, known)
                return self._scalar(node.body, context, known)
            case dax.Paren():
                return self._scalar(node.expr, context, names)
            case dax.Identifier():
                return names[node.name]
            case dax.Number():
                return Decimal(node.value)
            case dax.String():
                return node.value
            case dax.BracketRef():
                return self._measure(node.name, context)
            case dax.Unary():
                return -self._scalar(node.expr, context, names)
            case dax.Binary():
                return self._binary(node, context, names)
            case dax.FunctionCall():
                return getattr(self, f"_{node.name.lower()}")(node.args, context, names)
        raise NotImplementedError(node)

    def _binary(self, node: Any, context: Context, names: dict[str, Any]) -> Any:
        left = self._scalar(node.left, context, names)
        if node.op.value == "And":
            return bool(left) and bool(self._scalar(node.right, context, names))
        right = self._scalar(node.right, context, names)
        if node.op.value == "Mul" and None in (left, right):
            return None
        if left is None and right is None and node.op.value in ("Add", "Sub"):
            return None
        return OPERATORS[node.op.value](*_without_blanks(left, right))

    def _column(self, argument: Any, context: Context) -> list[Any]:
        found = [row[argument.column] for row in self._visible(argument.table.name, context)]
        return [value for value in found if value is not None]

    def _sum(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        found = self._column(args[0], context)
        return sum(found) if found else None

    def _min(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        return min(self._column(args[0], context), default=None)

    def _max(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        return max(self._column(args[0], context), default=None)

    def _countrows(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        return len(self._visible(_table_name(args[0]), context)) or None

    def _divide(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        above, below = (self._scalar(arg, context, names) for arg in args)
        return Decimal(above) / Decimal(below) if above is not None and below else None

    def _if(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        condition, *branches = args
        chosen = 0 if self._scalar(condition, context, names) else 1
        return self._scalar(branches[chosen], context, names) if chosen < len(branches) else None

    def _switch(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        subject, *cases = args
        value = self._scalar(subject, context, names)
        for case, result in zip(cases[::2], cases[1::2], strict=True):
            if self._scalar(case, context, names) == value:
                return self._scalar(result, context, names)
        return None

    def _blank(self, args: list[Any], context: Context, names: dict[str, Any]) -> None:
        return None

    def _true(self, args: list[Any], context: Context, names: dict[str, Any]) -> bool:
        return True

    def _false(self, args: list[Any], context: Context, names: dict[str, Any]) -> bool:
        return False

    def _day(self, args: list[Any], context: Context, names: dict[str, Any]) -> int:
        return self._scalar(args[0], context, names).day

    def _eomonth(self, args: list[Any], context: Context, names: dict[str, Any]) -> date:
        return _representable(month_end(*self._day_and_months(args, context, names)))

    def _edate(self, args: list[Any], context: Context, names: dict[str, Any]) -> date:
        return _representable(shifted(*self._day_and_months(args, context, names)))

    def _day_and_months(self, args: list[Any], context: Context, names: dict[str, Any]) -> tuple[date, int]:
        day, months = (self._scalar(arg, context, names) for arg in args)
        return day or EPOCH, int(months)

    def _isfiltered(self, args: list[Any], context: Context, names: dict[str, Any]) -> bool:
        return (args[0].table.name, args[0].column) in context

    def _hasonevalue(self, args: list[Any], context: Context, names: dict[str, Any]) -> bool:
        table = args[0].table.name
        blank = self._shows_its_blank_row(table, context) and self._has_blank_row(table)
        return len(set(self._column(args[0], context))) + blank == 1

    def _selectedvalue(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        found = set(self._column(args[0], context))
        return found.pop() if len(found) == 1 else None

    def _calculate(self, args: list[Any], context: Context, names: dict[str, Any]) -> Any:
        changed = dict(context)
        for condition in args[1:]:
            changed = self._changed(condition, changed, context)
        return self._scalar(args[0], changed, names)

    def _changed(self, condition: Any, changed: dict[End, Any], context: Context) -> dict[End, Any]:
        if isinstance(condition, dax.FunctionCall):
            if condition.name == "KEEPFILTERS":
                kept = self._changed(condition.args[0], {}, context)
                return changed | {end: values & changed.get(end, values) for end, values in kept.items()}
            if condition.name == "REMOVEFILTERS":
                return {}
            # A filter on the dates of a date table takes the place of all filters on that table.
            kept = {end: values for end, values in changed.items() if end[0] != DATE[0]}
            return kept | {DATE: self._dates(condition.name, context)}
        end = (condition.left.table.name, condition.left.column)
        wanted = self._scalar(condition.right, context, {})
        compare = OPERATORS[condition.op.value]
        return changed | {end: frozenset(v for v in self.values(*end) if compare(v, wanted))}

    def _dates(self, function: str, context: Context) -> frozenset[date]:
        seen = [row[DATE[1]] for row in self._visible(DATE[0], context)]
        if not seen:
            return frozenset()
        if function == "SAMEPERIODLASTYEAR":
            return frozenset(shifted(day, -12) for day in seen)
        assert function == "PREVIOUSMONTH"
        last = month_end(min(seen), -1)
        return frozenset(last.replace(day=number + 1) for number in range(last.day))

    def _table(self, node: Any) -> list[Row]:
        if isinstance(node, dax.FunctionCall) and node.name == "DISTINCT":
            return [dict(row) for row in {tuple(row.items()) for row in self._table(node.args[0])}]
        if isinstance(node, dax.FunctionCall) and node.name == "UNION":
            return [row for one in node.args for row in self._table(one)]
        assert node.name == "SELECTCOLUMNS"
        rows, name, value = node.args
        if isinstance(rows, dax.TableConstructor):
            return [{name.value: row[0].value} for row in rows.rows]
        return [{name.value: row[value.column]} for row in self._rows[_table_name(rows)]]


def _table_name(node: Any) -> str:
    return node.table.name if isinstance(node, dax.TableRef) else node.name


def _representable(day: date) -> date:
    if day < EPOCH:
        raise ValueError(f"Power BI has no {day}")
    return day


def _without_blanks(left: Any, right: Any) -> tuple[Any, Any]:
    """A blank is nought, an empty text, or the first of all days, as the other side needs it."""
    other = left if right is None else right
    blank = EPOCH if isinstance(other, date) else "" if isinstance(other, str) else Decimal(0)
    return blank if left is None else left, blank if right is None else right
