"""The external schema: `python -m shopstream_platform.contract.ddl` prints the DDL of the shop and its RAW."""

from shopstream_platform.contract.oltp import postgres_ddl
from shopstream_platform.contract.raw import raw_ddl
from shopstream_platform.contract.tables import SHOP_TABLES


def ddl() -> str:
    """All statements as one SQL text, PostgreSQL's first, then Snowflake's."""
    parts = {"PostgreSQL: the source": postgres_ddl(SHOP_TABLES), "Snowflake: schema RAW": raw_ddl(SHOP_TABLES)}
    return "\n".join(
        f"-- {place}\n" + "".join(f"{statement};\n" for statement in found) for place, found in parts.items()
    )


if __name__ == "__main__":
    print(ddl(), end="")
