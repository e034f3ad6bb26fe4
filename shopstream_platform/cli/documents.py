"""What commands say with `--json`: the same that they print for people, as one document for programs."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.cli.holdings import held_in
from shopstream_platform.cli.version import version_of_this
from shopstream_platform.config.settings import Settings
from shopstream_platform.pipeline.housekeeping.record import last_sweep
from shopstream_platform.services.process.service import ServiceStatus

if TYPE_CHECKING:
    from shopstream_platform.cli.runs import Outcome
    from shopstream_platform.pipeline.refresh.plan import Plan, Step


def of_plan(plan: "Plan") -> dict[str, Any]:
    """What was found, the runs that follow from it, the tables that are refused, what was compared and left out."""
    from shopstream_platform.pipeline.refresh.summary import closing_line, explain

    return {
        "found": explain(plan),
        "steps": [_of_step(step) for step in plan.steps],
        "refused": plan.drift.refused,
        "compared": closing_line(plan),
    }


def _of_step(step: "Step") -> dict[str, Any]:
    first, last = step.days or (None, None)
    build = {"builds": step.build, "models": step.models, "without": step.without}
    return {"tables": step.tables, "first_day": first, "last_day": last, "layers": step.layers} | build


def of_outcomes(outcomes: "Iterable[Outcome]") -> list[dict[str, Any]]:
    """The runs, in order."""
    return [asdict(outcome) | {"materialized": sorted(outcome.materialized)} for outcome in outcomes]


def of_findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Subject, state (ok, warning, error) and detail of each."""
    return [asdict(finding) for finding in findings]


def of_status(settings: Settings, services: Iterable[ServiceStatus], ports: list[int]) -> dict[str, Any]:
    """Version and home; each service; the ports of web servers; what the home holds, and when it was swept last."""
    return {
        "version": version_of_this(),
        "home": settings.home,
        "services": [asdict(service) for service in services],
        "web_ports": ports,
        "holdings": [asdict(held) for held in held_in(settings)],
        "swept_at": last_sweep(settings.home),
    }
