"""What a refresh tells people: what it has found, and at the end what was compared, what was left out, and why."""

from collections.abc import Iterable, Mapping
from datetime import date

from shopstream_platform.config.listing import first_of
from shopstream_platform.contract.days import contiguous_ranges
from shopstream_platform.contract.tables import TABLES, holds_shop
from shopstream_platform.pipeline.refresh.compare import Compared
from shopstream_platform.pipeline.refresh.drift import Why
from shopstream_platform.pipeline.refresh.plan import Chosen, Plan

VERIFIED = "Verified: the source, the load log, RAW, the lake and the marts agree."
NOTHING_TO_DO = (
    "Nothing to do: what was compared equals the load log, and the marts are of the newest loads. "
    "`shopstream verify` counts RAW and the marts themselves."
)

# Of tables that are left out for one reason.
NAMES_SHOWN = 6


def explain(plan: Plan) -> list[str]:
    """One line per finding, for people."""
    lines = []
    if plan.simulated_days:
        lines.append(f"source: simulate {span(plan.simulated_days)}")
    lines += plan.raw_changes
    simulated = set(plan.simulated_days)
    for table, reasons in plan.drift.days.items():
        for reason in Why:
            if days := [day for day, why in reasons.items() if why is reason and day not in simulated]:
                lines.append(f"{table}: {span(days)}: {reason}")
    lines += [f"{table}: snapshot: {why}" for table, why in plan.drift.snapshots.items()]
    lines += [
        f"{table}: columns that the catalogue does not declare are left out: {', '.join(columns)}"
        for table, columns in plan.drift.undeclared.items()
    ]
    lines += [*plan.drift.blind, *(f"ALARM: {one}" for one in plan.drift.missed)]
    if plan.damage:
        lines += [f"{table} {problem}" for table, problem in plan.damage.tables.items()]
        lines += plan.damage.beyond_repair
    if plan.compared and plan.compared.gave_up:
        lines.append("all of history was compared: too many ids have changed to look for single days")
    elif plan.compared and plan.compared.widened:
        days = span(sorted(plan.compared.widened))
        lines.append(f"also compared, because rows there may have lost the row that they refer to: {days}")
    if holds_shop(plan.drift.refused):
        lines.append("dbt: the marts stay as they are until every table can be loaded")
    elif plan.drift.refused:
        lines.append("dbt: models of the tables that are refused stay as they are until these can be loaded")
    elif plan.build_reason or (plan.drift and plan.chosen):
        lines.append(f"dbt: {plan.build_reason or 'what is made from these'}{_of(plan.chosen)}")
    elif plan.pages:
        lines += explain_pages(plan.pages)
    return lines


def explain_pages(pages: Mapping[str, str]) -> list[str]:
    """One line for each reason to make pages again."""
    return [
        f"dashboards: {reason}: {', '.join(name for name, why in pages.items() if why == reason)}"
        for reason in dict.fromkeys(pages.values())
    ]


def _of(chosen: Chosen | None) -> str:
    return f" ({len(chosen.models)} of {chosen.of} models)" if chosen and len(chosen.models) < chosen.of else ""


def span(days: list[date]) -> str:
    """'2026-01-05 to 2026-01-07, 2026-02-01 (4 days)'; long lists are cut."""
    spans = [str(first) if first == last else f"{first} to {last}" for first, last in contiguous_ranges(days)]
    shown = ", ".join(spans[:5]) + (f" and {len(spans) - 5} more" if len(spans) > 5 else "")
    return f"{shown} ({len(days)} day{'s' if len(days) > 1 else ''})"


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
