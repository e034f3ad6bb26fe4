"""The report of a certification, as JSON and as a page; it names nobody's account."""

import json
import platform
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from shopstream_platform.certify.outcome import Outcome, Status
from shopstream_platform.certify.site import Site
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.visible import visible
from shopstream_platform.stores.warehouse_errors import translated

PACKAGES = {
    "ShopStream": "shopstream-platform",
    "snowflake-connector-python": "snowflake-connector-python",
    "dbt-core": "dbt-core",
    "dbt-snowflake": "dbt-snowflake",
}
JSON_NAME, PAGE_NAME = "certification.json", "certification.html"
# Every account of AWS, and keys that an error might quote.
_OF_AWS = re.compile(r"\b\d{12}\b|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")


@dataclass(frozen=True)
class Report:
    """What ran where, and how each case ended."""

    facts: dict[str, str]
    outcomes: list[Outcome]

    @property
    def counts(self) -> Counter[Status]:
        """Status -> cases."""
        return Counter(outcome.status for outcome in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether nothing is different; a run that proved nothing has not passed."""
        return self.counts[Status.AS_DOCUMENTED] > 0 and self.counts[Status.DIFFERENT] == 0

    @property
    def closing_line(self) -> str:
        """The counts."""
        return counted(self.outcomes)


def counted(outcomes: Iterable[Outcome]) -> str:
    """How many cases ended how."""
    counts = Counter(outcome.status for outcome in outcomes)
    return ", ".join(f"{counts[status]} {status}" for status in Status)


def facts(site: Site, began: datetime, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Versions and place."""
    found = {
        "Date": f"{began:%Y-%m-%d %H:%M} UTC",
        "Where": "embedded services, no account" if site.embedded else "a Snowflake account and an S3 bucket",
        "Seconds": f"{(datetime.now(UTC) - began).total_seconds():.0f}",
        "Python": platform.python_version(),
        "System": f"{platform.system()} {platform.machine()}",
    }
    found |= {name: version(package) for name, package in PACKAGES.items()}
    return found if site.embedded else found | {"Edition": _edition(outcomes)}


def of_the_account(site: Site) -> dict[str, str]:
    """Region and version; asked while the namespace is there."""
    if site.target is None:
        return {}
    asked = "SELECT CURRENT_REGION(), CURRENT_VERSION()"
    with translated():
        ((region, running),) = site.as_role("ACCOUNTADMIN", site.space.names.loading).rows(asked)
    return {"Snowflake region": str(region), "Snowflake version": str(running), "S3 region": site.s3.region}


def _edition(outcomes: Sequence[Outcome]) -> str:
    """No statement says it to an account's own administrator; what it accepts does."""
    ends = {outcome.status: outcome.detail for outcome in outcomes if outcome.group == "masking"}
    if Status.AS_DOCUMENTED in ends:
        return "Enterprise or higher (masking policies are accepted)"
    refused = "no masking policies" in ends.get(Status.NOT_RUN, "")
    return "Standard (masking policies are refused)" if refused else "not known"


def anonymous(outcomes: Iterable[Outcome], site: Site) -> list[Outcome]:
    """The outcomes without the names of the account, its users, the bucket and the AWS account."""
    if site.target is None:
        return list(outcomes)
    at, lake = site.target.snowflake, site.target.s3
    known = {at.account: "ACCOUNT", at.host or "": "HOST", at.user: "USER", lake.bucket: "BUCKET"}
    names = {name: shown for name, shown in known.items() if name}
    pattern = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))), re.IGNORECASE)
    lower = {name.lower(): f"<{shown}>" for name, shown in names.items()}

    def without(text: str) -> str:
        return _OF_AWS.sub("<AWS>", pattern.sub(lambda found: lower[found[0].lower()], text))

    return [replace(one, case=without(one.case), detail=without(one.detail)) for one in outcomes]


def write(report: Report, folder: Path) -> list[Path]:
    """Both files. ShopStreamError if the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / JSON_NAME).write_text(as_json(report), "utf-8")
        (folder / PAGE_NAME).write_text(as_page(report), "utf-8")
    except OSError as error:
        raise ShopStreamError(f"the report cannot be written to {folder}: {error.strerror or error}") from error
    return [folder / PAGE_NAME, folder / JSON_NAME]


def as_json(report: Report) -> str:
    """{"facts", "counts", "cases"}."""
    counts = {str(status): report.counts[status] for status in Status}
    cases = [asdict(outcome) | {"seconds": round(outcome.seconds, 3)} for outcome in report.outcomes]
    return json.dumps({"facts": report.facts, "counts": counts, "cases": cases}, indent=1)


def as_page(report: Report) -> str:
    """One HTML file without scripts; all text of others is text."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in report.outcomes:
        shown = replace(outcome, case=visible(outcome.case), detail=visible(outcome.detail))
        groups.setdefault(outcome.group, []).append(shown)
    source = files("shopstream_platform.certify").joinpath("report.html").read_text("utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
    counts = {group: counted(outcomes) for group, outcomes in groups.items()}
    return template.render(facts=report.facts, groups=groups, counts=counts, closing=report.closing_line)
