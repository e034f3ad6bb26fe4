"""The line that ends a refresh: what was compared, what was left out, and why."""

from collections.abc import Iterable

from shopstream_platform.config.listing import first_of
from shopstream_platform.contract.tables import TABLES
from shopstream_platform.pipeline.refresh.compare import Compared
from shopstream_platform.pipeline.refresh.plan import Plan, span

VERIFIED = "Verified: the source, the load log, RAW, the lake and the marts agree."
NOTHING_TO_DO = (
    "Nothing to do: what was compared equals the load log, and the marts are of the newest loads. "
    "`shopstream verify` counts RAW and the marts themselves."
)

# Of tables that are left out for one reason.
NAMES_SHOWN = 6


def idle(plan: Plan) -> str:
    """Why a plan has no runs: nothing is to be done, or the tables that it would be done for are refused."""
    return f"{'; '.join(plan.drift.reasons) or NOTHING_TO_DO} {closing_line(plan)}"


def closing_line(plan: Plan) -> str:
    """What the plan compared and left out, with counts, as one line."""
    if plan.compared is None:
        return "Compared: nothing, since the source had no data before this run."
    left_out = "; ".join(_left_out(plan)) or "nothing"
    counted = f" Counted again: {plan.damage.counted}." if plan.damage else ""
    later = "".join(f" {rows}." for rows in _dated_later(plan.compared))
    return f"Compared: {'; '.join(_compared(plan, plan.compared))}.{counted}{later} Left out: {left_out}."


def _compared(plan: Plan, compared: Compared) -> Iterable[str]:
    fed = compared.fed
    if fed.tables:
        yield (
            f"{_count(fed.parts, 'partition')} of {_count(len(fed.tables), 'table')} that a change or a load has "
            f"touched ({_count(fed.changes, 'change')} of the feed)"
        )
    others = len(TABLES) - len(set(plan.drift.refused) | set(fed.tables))
    if not compared.alone or not fed.tables:
        unfinished = f", of which {compared.running} is not over" if compared.running else ""
        yield f"{_count(others, 'table')}, {span(sorted(compared.days))}{unfinished}"


def _left_out(plan: Plan) -> Iterable[str]:
    compared = plan.compared
    if compared is None:
        return
    if compared.alone and (rest := [t.name for t in TABLES if t.name not in compared.fed.tables]):
        yield f"{_count(len(rest), 'table')} that the change feed does not serve ({first_of(rest, NAMES_SHOWN)})"
    if not compared.alone and (days := compared.left_out):
        yield f"{span(sorted(days))} of history, which a comparison without --days includes"
    beyond = compared.beyond.items()
    yield from _rows({table: rows.today for table, rows in beyond}, "of today, which are due when the day is over")
    yield from _rows({table: rows.future for table, rows in beyond}, "dated after today, due when their day has come")
    if refused := list(plan.drift.refused):
        are = "is" if len(refused) == 1 else "are"
        yield f"{_count(len(refused), 'table')} that {are} refused ({first_of(refused, NAMES_SHOWN)})"
    for table, columns in plan.drift.undeclared.items():
        yield f"{_count(len(columns), 'undeclared column')} of {table}"


def _dated_later(compared: Compared) -> Iterable[str]:
    """Rows of the running day that claim to be of a moment that has not come yet."""
    later = {table: rows.later for table, rows in compared.beyond.items()}
    return _rows(later, "dated later today, compared and loaded with their day")


def _rows(counts: dict[str, int], why: str) -> Iterable[str]:
    if total := sum(counts.values()):
        each = ", ".join(f"{table} {count:,}" for table, count in counts.items() if count)
        yield f"{_count(total, 'row')} {why} ({each})"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
