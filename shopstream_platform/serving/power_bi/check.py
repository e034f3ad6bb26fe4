"""Whether a project is whole on ShopStream's dbt models and metrics; faults of the tools as errors for the user."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.config.files import claim_home
from shopstream_platform.pbip import tools
from shopstream_platform.pbip.errors import MissingParser, ToolError
from shopstream_platform.serving.power_bi.contracts import contracts, metrics


def problems(folder: Path) -> list[str]:
    """One sentence a problem; none if the project is whole. Raises ShopStreamError without the extra power-bi."""
    with _errors_for_the_user():
        # Imported here: this fails without the extra, which is said as advice.
        from shopstream_platform.pbip.check.problems import problems as found_in

        return found_in(folder, contracts(), metrics())


def tool_problems(folder: Path, home: Path) -> list[str]:
    """What Microsoft's validators find, which are installed below the home. Raises ShopStreamError without Node.js."""
    validators = home / "power_bi" / "node"
    with _errors_for_the_user():
        claim_home(home)
        tools.install(validators)
        return tools.tool_problems(folder, validators)


@contextmanager
def _errors_for_the_user() -> Iterator[None]:
    try:
        yield
    except MissingParser as error:
        raise ShopStreamError(f"{error}: pip install 'shopstream-platform[power-bi]'") from None
    except ToolError as error:
        raise ShopStreamError(f"{error}, or pass --no-tools") from None
