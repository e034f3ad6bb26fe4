"""The kinds of column that a table may have: one function each, with the type in both engines."""

from shopstream_platform.contract.declare import KEY, Column, Kind
from shopstream_platform.contract.types import mapped


def identifier(description: str, postgres_type: str = "SERIAL") -> Column:
    """The primary key."""
    return Column(KEY, Kind.INTEGER, postgres_type, "NUMBER(38,0)", description, nullable=False, primary_key=True)


def integer(
    name: str,
    description: str,
    *,
    nullable: bool = True,
    references: str | None = None,
    default: str | None = None,
    formerly: str | None = None,
) -> Column:
    """A whole number, or a foreign key."""
    return Column(
        *(name, Kind.INTEGER, "INT", "NUMBER(38,0)", description),
        nullable=nullable,
        references=references,
        default=default,
        formerly=formerly,
    )


def text(
    name: str,
    length: int,
    description: str,
    *,
    nullable: bool = True,
    unique: bool = False,
    default: str | None = None,
    pii: bool = False,
    formerly: str | None = None,
) -> Column:
    """A text of at most so many characters."""
    type_ = f"VARCHAR({length})"
    return Column(
        *(name, Kind.TEXT, type_, type_, description),
        nullable=nullable,
        unique=unique,
        default=default,
        pii=pii,
        formerly=formerly,
    )


def long_text(name: str, description: str, *, formerly: str | None = None) -> Column:
    """A text of any length."""
    return Column(name, Kind.TEXT, "TEXT", "VARCHAR", description, formerly=formerly)


def money(name: str, description: str, *, formerly: str | None = None) -> Column:
    """An amount in EUR, never NULL."""
    return Column(name, Kind.DECIMAL, "DECIMAL(10,2)", "NUMBER(10,2)", description, nullable=False, formerly=formerly)


def timestamp(name: str, description: str, *, default: str | None = None, formerly: str | None = None) -> Column:
    """A moment without time zone."""
    return Column(
        name, Kind.TIMESTAMP, "TIMESTAMP", "TIMESTAMP_NTZ(9)", description, default=default, formerly=formerly
    )


def boolean(name: str, description: str, *, default: str, formerly: str | None = None) -> Column:
    """True or false."""
    return Column(name, Kind.BOOLEAN, "BOOLEAN", "BOOLEAN", description, default=default, formerly=formerly)


def document(name: str, description: str, *, formerly: str | None = None) -> Column:
    """A JSON document."""
    return Column(name, Kind.JSON, "JSONB", "VARIANT", description, formerly=formerly)


def column(
    name: str,
    postgres_type: str,
    description: str = "",
    *,
    key: bool = False,
    nullable: bool = True,
    references: str | None = None,
    pii: bool = False,
    at_source: str | None = None,
    digits: tuple[int, int] | None = None,
    formerly: str | None = None,
) -> Column:
    """A column of somebody else's database, by its type there (types.py names them).

    `at_source` is its name there if the warehouse's differs; `digits` are the precision and scale that a numeric
    without its own is kept in; `formerly` is the name that it had before; `references` is the table (by its name in
    the warehouse) whose key the column holds.
    Raises ValueError for a type that is not mapped.
    """
    how = mapped(postgres_type, digits)
    return Column(
        *(name, how.kind, postgres_type, how.snowflake_type, description),
        nullable=nullable and not key,
        primary_key=key,
        references=references,
        pii=pii,
        at_source=at_source or name,
        read=how.read,
        formerly=formerly,
    )
