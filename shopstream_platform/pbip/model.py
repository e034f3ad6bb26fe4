"""What a semantic model consists of, as plain data."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid5

# Of a dbt contract's type: TMDL's. Shares need more digits than Power BI's fixed decimal has.
_TYPES = (
    (r"number\(\d+,0\)", "int64"),
    (r"number\(\d+,2\)", "decimal"),
    (r"number\(\d+,\d+\)", "double"),
    (r"varchar.*", "string"),
    (r"date|timestamp_ntz.*", "dateTime"),
    (r"boolean", "boolean"),
)


# TMDL's types but dateTime, which M has several for, as M's.
_M_TYPES = {
    "int64": "Int64.Type",
    "decimal": "Currency.Type",
    "double": "type number",
    "string": "type text",
    "boolean": "type logical",
}


def m_type(contract_type: str) -> str:
    """The type that the query gives a column, since what a number arrives as depends on the Snowflake account."""
    moment = "type datetime" if contract_type.startswith("timestamp") else "type date"
    return _M_TYPES.get(data_type(contract_type), moment)


def data_type(contract_type: str) -> str:
    """TMDL's data type of a column; ValueError for a type that has none here."""
    for pattern, result in _TYPES:
        if re.fullmatch(pattern, contract_type):
            return result
    raise ValueError(f"no Power BI type is declared for {contract_type}: add it to {__name__}")


@dataclass(frozen=True)
class Column:
    """A column of the model: its name there, its source, and how it is shown."""

    name: str
    source: str
    format: str | None = None
    hidden: bool = False
    key: bool = False


@dataclass(frozen=True)
class Measure:
    """A figure in DAX. `metric` is its name outside the model, such as in dbt's semantic layer."""

    name: str
    dax: str
    format: str
    folder: str
    description: str
    metric: str | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Table:
    """A table imported from the dbt model `source`."""

    name: str
    source: str
    columns: tuple[Column, ...]
    measures: tuple[Measure, ...] = ()
    category: str | None = None


@dataclass(frozen=True)
class Dimension:
    """A table of one column that Power BI computes: given words, or the distinct values of imported columns."""

    name: str
    column: str
    description: str
    words: tuple[str, ...] = ()
    # (table, column)
    values_of: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Relationship:
    """Many rows of one table belong to one row of another; filters go from the one to the many."""

    many: tuple[str, str]
    one: tuple[str, str]

    @property
    def name(self) -> str:
        """Unique in the model."""
        return f"{self.many[0]}.{self.many[1]} -> {self.one[0]}.{self.one[1]}"


@dataclass(frozen=True)
class Parameter:
    """A text that whoever opens the project sets once."""

    name: str
    value: str
    description: str


@dataclass(frozen=True)
class SemanticModel:
    """Everything of the model, in the order in which it is written.

    `ids` is a UUID of the model's own: the ids of all its parts follow from it and their names, in every build.
    """

    name: str
    ids: UUID
    parameters: tuple[Parameter, ...]
    tables: tuple[Table, ...]
    dimensions: tuple[Dimension, ...] = ()
    relationships: tuple[Relationship, ...] = ()

    def identifier(self, name: str) -> str:
        """The id of a named thing."""
        return str(uuid5(self.ids, name))
