"""The tables and figures that a model is declared on, as a dbt project promises them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceColumn:
    """A column as dbt promises it."""

    name: str
    type: str
    description: str
    unique: bool = False
    not_null: bool = False
    personal: bool = False
    # What dbt tests that it holds; none if it may hold anything.
    accepted_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceTable:
    """A model as dbt promises it."""

    name: str
    schema: str
    description: str
    columns: dict[str, SourceColumn]


@dataclass(frozen=True)
class Metric:
    """A metric of dbt's semantic layer."""

    name: str
    label: str
    description: str


# Model -> its contract.
Sources = Mapping[str, SourceTable]
