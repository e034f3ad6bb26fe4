"""What dbt's results mean, as sentences: the rule that a test stands for, and what a query found against it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ROWS_SHOWN, LONGEST_VALUE, LONGEST_ERROR = 3, 60, 400
FAILED_TEST, NOT_PASSED = ("fail", "error"), ("fail", "error", "warn")
Node = Mapping[str, Any]
# Column names and the first rows of a query.
Sample = Callable[[str], tuple[list[str], list[tuple[Any, ...]]]]


@dataclass(frozen=True)
class Broken:
    """A test that did not pass."""

    name: str
    status: str
    sentence: str

    @property
    def failed(self) -> bool:
        """Whether it stops what is downstream; a warning does not."""
        return self.status in FAILED_TEST


@dataclass
class Results:
    """The results of one invocation, read from run_results.json."""

    broken: dict[str, Broken] = field(default_factory=dict)
    model_errors: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def failure(self) -> str | None:
        """One sentence for a build that failed; None if it did not."""
        failed = [broken for broken in self.broken.values() if broken.failed]
        reasons = self.model_errors + [f"test {broken.name} failed: {broken.sentence}" for broken in failed]
        if not reasons:
            return None
        skipped = f". Not built after that: {', '.join(self.skipped)}" if self.skipped else ""
        return f"dbt: {'; '.join(reasons)}{skipped}"


def read_results(run_results: Mapping[str, Any], manifest: Mapping[str, Any], sample: Sample) -> Results:
    """What the invocation's tests and models say; `sample` looks at the rows that a test's query found."""
    results = Results()
    for result in run_results["results"]:
        node = manifest["nodes"].get(result["unique_id"])
        if node is None:
            continue
        if node["resource_type"] == "test":
            if result["status"] in NOT_PASSED:
                results.broken[node["name"]] = Broken(node["name"], result["status"], _sentence(node, result, sample))
        elif result["status"] == "error":
            results.model_errors.append(f"{node['name']} could not be built: {_one_line(result['message'])}")
        elif result["status"] == "skipped":
            results.skipped.append(node["name"])
    return results


def rule(node: Node) -> str:
    """What a test demands, as a sentence."""
    if text := (node.get("description") or "").strip():
        return text
    metadata = node["test_metadata"]
    arguments, column = metadata["kwargs"], node.get("column_name")
    match metadata["name"]:
        case "not_null":
            return f"{column} is never NULL."
        case "unique":
            return f"{column} is unique."
        case "accepted_values":
            return f"{column} is one of {', '.join(map(str, arguments['values']))}."
        case "relationships":
            return f"Every {column} is the {arguments['field']} of a row of {_referred(arguments['to'])}."
        case "unique_grain":
            return f"There is one row per {', '.join(arguments['columns'])}."
        case "is_document":
            return f"{column} is a JSON object, or empty."
        case name:
            return f"{name} of {column}."


def _sentence(node: Node, result: Mapping[str, Any], sample: Sample) -> str:
    if result["status"] == "error":
        return f"{rule(node)} It could not be tested: {_one_line(result['message'])}"
    count = result["failures"]
    # A row of its query may stand for many: a status with the number of its orders, a key with that of its rows.
    broken = f"{rule(node)} Found {count}"
    columns, rows = sample(result["compiled_code"]) if result.get("compiled_code") else ([], [])
    if rows:
        shown = "; ".join(_row(columns, row) for row in rows)
        broken += f": {shown}" if len(rows) == count else f", for example {shown}"
    if node["config"].get("store_failures_as") == "view":
        schema, relation = result["relation_name"].replace('"', "").split(".")[-2:]
        broken += f". All of them: select * from {schema}.{relation}"
    return broken


def _row(columns: Sequence[str], row: Sequence[Any]) -> str:
    values = (str(value).replace("\n", " ")[:LONGEST_VALUE] for value in row)
    return ", ".join(f"{column.lower()} {value}" for column, value in zip(columns, values, strict=True))


def _referred(to: str) -> str:
    """ref('dim_customers') -> dim_customers."""
    return to.removeprefix("ref('").removesuffix("')")


def _one_line(message: str | None) -> str:
    return " ".join((message or "no reason was given").split())[:LONGEST_ERROR]
