"""The job that comments a pull request."""

from typing import Any

import yaml

from shopstream_platform.config.settings import CHECKOUT
from shopstream_platform.diff.report import MARKER


def job() -> dict[str, Any]:
    return yaml.safe_load((CHECKOUT / ".github/workflows/ci.yml").read_text())["jobs"]["data"]


def step(part: str) -> dict[str, Any]:
    (found,) = (one for one in job()["steps"] if part in one.get("run", ""))
    return found


def test_a_shop_that_could_not_be_made_does_not_hide_the_answer() -> None:
    assert step("shopstream diff")["if"] == "always()"
    assert step("GITHUB_STEP_SUMMARY")["if"].startswith("always()")
    assert step("gh api")["if"].startswith("always()")


def test_the_comment_is_found_by_the_reports_marker() -> None:
    assert MARKER in step("gh api")["run"]
    assert "--edit-last" not in step("gh api")["run"]


def test_the_job_may_comment_and_no_more() -> None:
    assert job()["permissions"] == {"contents": "read", "pull-requests": "write"}
