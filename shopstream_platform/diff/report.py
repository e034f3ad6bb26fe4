"""A comparison as a Markdown comment, an HTML page and JSON. Text of others is text in each of them."""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.visible import visible_cell
from shopstream_platform.diff.comparison import Comparison
from shopstream_platform.diff.failures import Failure
from shopstream_platform.diff.rows import ColumnDiff, ModelDiff

# What Markdown of GitHub would obey.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~@$&]|:(?=//)|(?<=www)\.)")
# By which CI finds its comment again.
MARKER = "<!-- shopstream data changes -->"
# GitHub refuses 65,536 characters.
LONGEST_COMMENT = 60_000


def closing_line(found: Comparison) -> str:
    """What the change does, in one sentence."""
    changed = found.changed
    if changed.nothing:
        return "No model compiles to anything else: nothing was built, no row can differ."
    parts = [f"{len(found.models)} models compared, {len(found.different)} differ"]
    if changed.added:
        parts.append(f"new: {', '.join(sorted(changed.added))}")
    if changed.removed:
        parts.append(f"gone: {', '.join(sorted(changed.removed))}")
    if moved := [metric.label for metric in found.metrics if metric.moved]:
        parts.append(f"metrics that moved: {', '.join(moved)}")
    elif found.metrics:
        parts.append("no metric moved")
    parts.append(f"{found.tests_run} tests run, {len(found.tests)} did not pass")
    if found.not_built:
        parts.append(f"{len(found.not_built)} models could not be built")
    if found.base_not_built:
        parts.append(f"{len(found.base_not_built)} of {found.commit} could not be built")
    if found.not_compared:
        parts.append(f"see below for {len(found.not_compared)} that were not compared")
    return "; ".join(parts) + "."


def loaded_line(found: Comparison) -> str:
    """What makes the comparison doubtful; empty if nothing does."""
    if not found.loaded_meanwhile:
        return ""
    tables = ", ".join(found.loaded_meanwhile)
    return f"RAW was loaded meanwhile, so the versions may be made of different rows: {tables}. Run it again."


def columns_line(model: ModelDiff) -> str:
    """Schema changes, then each column that differs: in how many rows, from what to what."""
    return visible_cell("; ".join([*model.schema, *map(_column, model.columns)]))


def _column(column: ColumnDiff) -> str:
    line = f"{column.name.lower()} in {column.rows:,} rows"
    if column.sums and column.sums[0] != column.sums[1]:
        return f"{line} (sum {shown(column.sums[0])} → {shown(column.sums[1])})"
    if column.moves:
        moves = (f"{before} → {after}: {rows:,}" for before, after, rows in column.moves)
        return f"{line} ({', '.join(moves)})"
    return line


def shown(value: Decimal | None) -> str:
    """A number for people, without zeros behind the point."""
    if value is None:
        return "none"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_markdown(found: Comparison) -> str:
    """The comment of a pull request."""
    return _cut(f"{MARKER}\n{_render('comment.md', found)}")


def failure_as_markdown() -> str:
    """The comment of a comparison that ended with an error, whose message may quote rows."""
    return f"{MARKER}\n### Data changes\n\nThe comparison ended with an error, which is in the log. Nothing is known.\n"


def _cut(comment: str) -> str:
    if len(comment) <= LONGEST_COMMENT:
        return comment
    kept = comment[:LONGEST_COMMENT].rpartition("\n")[0]
    end = "\n\n</details>" if kept.count("<details>") > kept.count("</details>") else ""
    return f"{kept}{end}\n\nThe comment is longer than GitHub takes and was cut here: the page and the JSON have all.\n"


def as_page(found: Comparison) -> str:
    """One HTML file without scripts, pictures inline."""
    return _render("report.html", found)


def as_json(found: Comparison) -> dict[str, Any]:
    """The same as a document for programs, without pictures."""
    changed = {name: sorted(models) for name, models in asdict(found.changed).items()}
    return {
        "commit": found.commit,
        "changed": changed,
        "models": [asdict(model) for model in found.models],
        "metrics": [asdict(metric) for metric in found.metrics],
        "pages": [{"page": page.page, "cards": page.cards} for page in found.pages],
        "not_built": _lines(found.not_built),
        "base_not_built": _lines(found.base_not_built),
        "tests_run": found.tests_run,
        "tests_not_passed": _lines(found.tests),
        "not_compared": found.not_compared,
        "loaded_meanwhile": found.loaded_meanwhile,
        "summary": closing_line(found),
    }


def _lines(failures: Iterable[Failure]) -> list[str]:
    return [failure.line for failure in failures]


def write(path: Path, text: str) -> None:
    """Write a report; ShopStreamError if the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ShopStreamError(f"the report cannot be written to {path}: {error.strerror or error}") from error


def _render(template: str, found: Comparison) -> str:
    # By the file's name: HTML is escaped, Markdown by its own filter.
    loader = PackageLoader("shopstream_platform.diff", package_path="")
    environment = Environment(loader=loader, autoescape=select_autoescape(), undefined=StrictUndefined)
    environment.filters |= {
        "count": "{:,}".format,
        "number": shown,
        "columns": columns_line,
        "plain": _plain,
        "seen": visible_cell,
        "picture": lambda chart: b64encode(chart).decode(),
    }
    page = environment.get_template(template).render(
        found=found, closing=closing_line(found), loaded=loaded_line(found)
    )
    return f"{page.strip()}\n"


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", visible_cell(text))
