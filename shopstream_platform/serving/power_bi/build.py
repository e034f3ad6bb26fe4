"""ShopStream's Power BI project: what is declared here on dbt's contracts, written and compared."""

from functools import cache
from pathlib import Path

from shopstream_platform.pbip import project
from shopstream_platform.pbip.project import Project
from shopstream_platform.serving.power_bi.contracts import contracts
from shopstream_platform.serving.power_bi.pages import PAGES
from shopstream_platform.serving.power_bi.tables import MODEL
from shopstream_platform.serving.power_bi.theme import theme

# Committed, so that a reviewer sees what a change of the declaration changes.
PROJECT = Path(__file__).parent / "project"
NAME = MODEL.name


@cache
def declared() -> Project:
    """The declaration, with what dbt promises of its tables."""
    return Project(MODEL, contracts(), PAGES, theme())


def files() -> dict[str, bytes]:
    """Path below the project's folder -> content."""
    return project.files(declared())


def write(folder: Path) -> None:
    """Replace the folder by a new build, but for what Desktop keeps there; all stays as it was if anything fails."""
    project.write(declared(), folder)


def differences(folder: Path) -> list[str]:
    """What in the folder is not as a build would write it."""
    return project.differences(declared(), folder)
