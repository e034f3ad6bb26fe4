"""What dbt's sessions say of themselves and pin, on whichever connection a table is built."""

import json
import re
from pathlib import Path

import pytest

from shopstream_platform.stores.warehouse import FORMATS, LONGEST_TAG
from shopstream_platform_tests.dbt.integration.dbt_command import BUILD, LOG_IN_JSON, environment, run_dbt, sent

SETTING = re.compile(r"alter session set query_tag = '(.*?)'(?: (timezone = .*))?$", re.MULTILINE)


@pytest.mark.slow
def test_what_is_built_as_a_table_has_a_tag_and_pinned_formats(running_home: Path, tmp_path: Path) -> None:
    variables = environment(running_home, tmp_path) | LOG_IN_JSON | {"SHOPSTREAM_RUN_ID": "it's a run"}
    names = ("stg_products", "dim_products", "snap_products", "targets")
    done = run_dbt(variables, *BUILD, "--select", *names, "--indirect-selection", "cautious")
    assert done.returncode == 0, done.stdout[-4000:]
    statements = sent(tmp_path / "dbt.log")
    tags: dict[str, list[dict[str, str]]] = {}
    for one in statements:
        if found := SETTING.search(one.sql):
            assert len(found[1]) <= LONGEST_TAG
            tags.setdefault(one.node, []).append(json.loads(found[1].replace("''", "'")))
    by_model = {name: layers for name, layers in tags.items() if name in names}
    common = {"app": "shopstream", "run": "it's a run"}
    # The tests that come next on the same connection are of no table.
    after = common | {"layer": "dbt"}
    assert by_model == {
        "dim_products": [common | {"layer": "core", "model": "dim_products"}, after],
        "snap_products": [common | {"layer": "snapshot", "model": "snap_products"}, after],
        "targets": [common | {"layer": "seed", "model": "targets"}, after],
    }
    assert {one.node for one in statements} > {"stg_products", "unique_stg_products_product_id"}
    assert {tag["layer"] for name, own in tags.items() if name not in names for tag in own} == {"operation"}
    # The same as the platform's own sessions.
    pinned = {name.lower(): value for name, value in FORMATS.items()}
    formats = [found[2] for one in statements if (found := SETTING.search(one.sql)) and found[2]]
    assert [dict(re.findall(r"(\w+) = '([^']*)'", text)) for text in formats] == [pinned] * len(formats)
    assert len(formats) == 5, "three tables, and the log of builds before and after them"
