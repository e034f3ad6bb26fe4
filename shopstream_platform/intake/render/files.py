"""Which files a proposal becomes, and where they lie in the checkout."""

from pathlib import PurePosixPath

from shopstream_platform.intake.proposal import Proposal
from shopstream_platform.intake.render.declaration import declaration
from shopstream_platform.intake.render.staging import model, model_name, properties, sources

DECLARATIONS = PurePosixPath("shopstream_platform/contract/sources")
STAGING = PurePosixPath("shopstream_dbt/models/staging")


def declaration_path(source: str) -> PurePosixPath:
    """The declaration, in the checkout."""
    return DECLARATIONS / f"{source}.py"


def models_folder(source: str) -> PurePosixPath:
    """The dbt models, in the checkout."""
    return STAGING / source


def files(proposal: Proposal, dsn_env: str) -> dict[PurePosixPath, str]:
    """Path in the checkout -> text; the declaration is the last, since it makes the others count."""
    source, folder = proposal.source, models_folder(proposal.source)
    about = f"Tables of the PostgreSQL database that {dsn_env} names."
    tables = {table.full_name: table for table in proposal.tables}
    written = {folder / f"_{source}__sources.yml": sources(source, list(proposal.tables), about)}
    for table in proposal.tables:
        name = model_name(source, table.name)
        written[folder / f"{name}.sql"] = model(table)
        written[folder / f"{name}.yml"] = properties(table, tables)
    return written | {declaration_path(source): declaration(proposal, dsn_env, about)}
