"""The dashboards' assets: downstream of what their queries read, and what a materialization tells the UI."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from obstore.store import MemoryStore

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.config.groups import Locale, PageSettings
from shopstream_platform.config.settings import Settings
from shopstream_platform.defs.assets.dashboards import build_dashboard_assets
from shopstream_platform.defs.resources.lake import LakeResource
from shopstream_platform.defs.resources.warehouse import WarehouseResource
from shopstream_platform.serving.kit.data import Options
from shopstream_platform.serving.render import record
from shopstream_platform.serving.render.catalogue import PAGES
from shopstream_platform.stores.lake import Lake
from shopstream_platform_tests.e2e.shop import ROOT
from shopstream_platform_tests.serving.integration.pages.conftest import full_shop
from shopstream_platform_tests.serving.integration.pages.shop import NAMES, Shop

EXPOSURES = ROOT / "shopstream_dbt" / "models" / "_exposures.yml"
BUILT_AT = datetime(2026, 11, 17, 2, 30)


def asked(name: str) -> set[str]:
    """Tables that a page's queries name, with and without personal data."""
    shop = full_shop()
    for show_pii in (False, True):
        PAGES[name].read(shop, Options(show_pii=show_pii))
    PAGES[name].figures(shop)
    return {f"{layer}/{table}" for sql in shop.asked for layer, table in re.findall(r"\{(marts|core)\}\.(\w+)", sql)}


def exposed(name: str) -> set[str]:
    """Tables that the page's exposure depends on."""
    exposures = {one["name"]: one for one in yaml.safe_load(EXPOSURES.read_text())["exposures"]}
    names = {re.fullmatch(r"ref\('(\w+)'\)", ref)[1] for ref in exposures[f"dashboard_{name}"]["depends_on"]}  # pyright: ignore[reportOptionalSubscript]
    return {f"{'marts' if table.startswith('mart_') else 'core'}/{table}" for table in names}


@pytest.mark.parametrize("name", PAGES)
def test_an_asset_is_downstream_of_exactly_what_is_read_and_exposed(name: str) -> None:
    specs = {spec.key: spec for spec in build_dashboard_assets(Settings()).specs}
    deps = {"/".join(dep.asset_key.path) for dep in specs[dg.AssetKey(["dashboards", name])].deps}
    assert deps == asked(name) == exposed(name)


class Session:
    """A session of a warehouse that holds the made-up shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a page's query."""
        return self.shop.rows(sql)

    def rows_if_there(self, sql: str) -> list[tuple[Any, ...]]:
        """The log of builds, of which the newest has built campaigns alone."""
        assert " CORE._BUILD_LOG " in sql
        tables = {path.replace("/", ".").upper() for page in PAGES.values() for path in page.reads}
        numbers = dict.fromkeys(tables, 1) | {"MARTS.MART_CRM_CONVERSION": 2}
        return [(table, number, f"build-{number}", BUILT_AT) for table, number in numbers.items()]


class FakeWarehouse(WarehouseResource):
    """Answers from the made-up shop."""

    account: str = "none"
    user: str = "none"
    days: int = 412

    @contextmanager
    def session(self, **tag: str) -> Iterator[Any]:
        """No connection."""
        assert tag["layer"] == "dashboards"
        shop = full_shop()
        yield Session(shop if self.days else Shop(lines=[]))


STORE = MemoryStore()


class FakeLake(LakeResource):
    """Objects in memory."""

    bucket: str = "lake"

    def open(self) -> Lake:
        """A lake without a server."""
        lake = Lake(S3Connection(bucket=self.bucket, access_key_id="none", secret_access_key="none"))
        lake.store = STORE  # pyright: ignore[reportAttributeAccessIssue]
        return lake


def materialized(settings: Settings, days: int = 412) -> dict[str, dict[str, dg.MetadataValue[Any]]]:
    """Page -> metadata of its materialization."""
    assets = build_dashboard_assets(settings)
    resources = {"lake": FakeLake(), "warehouse": FakeWarehouse(days=days)}
    result = dg.materialize([assets], resources=resources)
    assert result.success
    return {
        event.asset_key.path[-1]: dict(event.materialization.metadata)
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def stored(key: str) -> bytes:
    return STORE.get(f"bi/dashboards/{key}").bytes().to_bytes()


def test_a_materialization_tells_where_the_page_is_how_it_looks_and_what_it_says(tmp_path: Path) -> None:
    shop = full_shop()
    for name, metadata in materialized(Settings(home=tmp_path)).items():
        path = tmp_path / "dashboards" / f"{name}.html"
        assert metadata["path"] == dg.MetadataValue.path(path)
        assert metadata["dagster/uri"].value == f"s3://lake/bi/dashboards/{name}.html"
        assert stored(f"{name}.html") == path.read_bytes()
        assert metadata["kilobytes"].value == round(path.stat().st_size / 1000)
        picture = re.fullmatch(r"!\[preview\]\(data:image/png;base64,(.+)\)", str(metadata["preview"].value))
        assert picture
        assert b64decode(picture[1]).startswith(b"\x89PNG")
        assert b64decode(picture[1]) == stored(f"{name}.png")
        figures = PAGES[name].figures(shop)
        assert figures.keys() == PAGES[name].cards.keys()
        for card, value in figures.items():
            assert float(str(metadata[card].value)) == pytest.approx(float(value or 0), abs=1e-4), card


def test_a_run_without_rows_has_no_picture_and_takes_the_old_one_away(tmp_path: Path) -> None:
    materialized(Settings(home=tmp_path))
    without = materialized(Settings(home=tmp_path), days=0)
    assert "preview" not in without["sales_overview"]
    assert not [
        key for batch in STORE.list("bi/dashboards/") for key in batch if key["path"].endswith("sales_overview.png")
    ]
    assert not (tmp_path / "dashboards" / "sales_overview.png").exists()


def test_the_manifest_says_what_the_pages_were_made_from(tmp_path: Path) -> None:
    materialized(Settings(home=tmp_path, pages=PageSettings(locale=Locale.FR)))
    pages = json.loads(stored("_manifest.json"))["pages"]
    assert pages.keys() == PAGES.keys()
    assert {(made["locale"], made["show_pii"]) for made in pages.values()} == {("fr", False)}
    assert {name: made["build"] for name, made in pages.items()} == {
        **dict.fromkeys(PAGES, "build-1"),
        "acquisition": "build-2",
    }
    assert '<html lang="fr">' in stored("sales_overview.html").decode()
    assert '<html lang="en">' in stored("sales_overview.en.html").decode()


def test_every_page_is_there_in_the_other_language_and_what_was_the_other_one_goes(tmp_path: Path) -> None:
    materialized(Settings(home=tmp_path))
    folder = tmp_path / "dashboards"
    assert {file.stem for file in folder.glob("*.html")} == {*PAGES, *(f"{name}.fr" for name in PAGES)}
    assert '<html lang="fr">' in (folder / "index.fr.html").read_text()
    materialized(Settings(home=tmp_path, pages=PageSettings(locale=Locale.FR)))
    assert {file.stem for file in folder.glob("*.html")} == {*PAGES, *(f"{name}.en" for name in PAGES)}
    assert "bi/dashboards/index.fr.html" not in {one["path"] for batch in STORE.list("bi/dashboards/") for one in batch}


def test_a_page_whose_other_language_is_gone_is_one_that_is_missing(tmp_path: Path) -> None:
    materialized(Settings(home=tmp_path))
    lake = FakeLake().open()
    lake.delete([record.page_key("acquisition.fr")])
    assert record.published(lake).keys() == PAGES.keys() - {"acquisition"}


def test_names_are_in_the_page_and_its_file_for_its_owner_alone_only_if_told(tmp_path: Path) -> None:
    file = tmp_path / "dashboards" / "customer_analysis.html"
    metadata = materialized(Settings(home=tmp_path, pages=PageSettings(show_pii=True)))
    assert NAMES[1] in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not [word for word in NAMES if word in repr(metadata)]
    materialized(Settings(home=tmp_path))
    assert not [word for word in NAMES if word in file.read_text()]


def test_a_note_that_was_damaged_is_as_if_no_page_had_been_made(tmp_path: Path) -> None:
    materialized(Settings(home=tmp_path))
    lake = FakeLake().open()
    for note in (b"", b"junk", b"[]", b'{"not": 1}', b'{"pages": []}', b'{"pages": {"sales_overview": 1}}'):
        lake.write(record.MANIFEST, note, "application/json")
        assert record.published(lake) == {}
    materialized(Settings(home=tmp_path))
    assert record.published(lake).keys() == PAGES.keys()


def test_a_page_that_was_changed_in_the_lake_is_one_that_is_missing(tmp_path: Path) -> None:
    materialized(Settings(home=tmp_path))
    lake = FakeLake().open()
    lake.write(record.page_key("sales_overview"), b"<script>somebody else's</script>", "text/html")
    assert record.published(lake).keys() == PAGES.keys() - {"sales_overview"}
