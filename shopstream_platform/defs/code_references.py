"""Links from an asset to its source: files of this checkout, or pages of the repository where it is published."""

import warnings
from collections.abc import Sequence

import dagster as dg

from shopstream_platform.config.settings import CHECKOUT
from shopstream_platform.defs.git import commit

Assets = Sequence[dg.AssetsDefinition | dg.AssetSpec]


def reference_to(file: str) -> dict[str, dg.CodeReferencesMetadataValue]:
    """Metadata that leads to a file, for assets that no function makes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        source = dg.LocalFileCodeReference(file_path=file, line_number=1)
        return {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[source])}


def with_code_references(code_url: str | None, assets: Assets) -> Assets:
    """The assets with references to their source code; `code_url` makes links to the repository of them."""
    with warnings.catch_warnings():
        # Dagster marks these as beta, which is of no use to the user of a command.
        warnings.simplefilter("ignore", dg.BetaWarning)
        found = dg.with_source_code_references(assets)
        if code_url is None:
            return found  # pyright: ignore[reportReturnType] - what goes in comes out
        return dg.link_code_references_to_git(  # pyright: ignore[reportReturnType]
            found,
            git_url=code_url.rstrip("/"),
            git_branch=commit() or "main",
            file_path_mapping=dg.AnchorBasedFilePathMapping(
                local_file_anchor=CHECKOUT / "pyproject.toml", file_anchor_path_in_repository="pyproject.toml"
            ),
        )
