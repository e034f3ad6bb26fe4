"""The Snowflake resource: our session and dagster-snowflake's are of the same place."""

from pathlib import Path

import pytest

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.defs.resources.warehouse import WarehouseResource

WHERE = "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE(), CURRENT_SCHEMA()"


def test_both_ways_lead_to_the_same_place(running_home: Path) -> None:
    resource = WarehouseResource(home=str(running_home))
    with resource.session() as session:
        ours = session.rows(WHERE)
    with resource.snowflake().get_connection() as connection:
        assert connection.cursor().execute(WHERE).fetchall() == ours
    assert ours[0][-2:] == ("SHOPSTREAM_DWH", "RAW")


def test_what_an_error_leaves_open_is_rolled_back(running_home: Path) -> None:
    resource = WarehouseResource(home=str(running_home))
    with resource.session() as session:
        session.execute("CREATE OR REPLACE TABLE RAW.left_open (a INT)")
    with pytest.raises(ShopStreamError), resource.session() as session:
        session.execute("BEGIN")
        session.execute("INSERT INTO RAW.left_open VALUES (1)")
        session.execute("SELECT no_such_column FROM RAW.left_open")
    with resource.session() as session:
        assert session.value("SELECT COUNT(*) FROM RAW.left_open") == 0
        session.execute("DROP TABLE RAW.left_open")
