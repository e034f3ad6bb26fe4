"""Files and objects that are cut short, corrupted or gone."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import obstore

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.dbt.project import MANIFEST, PARTIAL_PARSE
from shopstream_platform.services import embedded
from shopstream_platform.serving.render import record
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.manifest import is_data
from shopstream_platform_tests.chaos.faults.fault import Fault, Scene
from shopstream_platform_tests.chaos.processes import service

Choose = Callable[[Scene], Path | None]
PAGE_BYTES = 8192


def _gone(_: bytes, __: random.Random) -> bytes | None:
    return None


def _cut(content: bytes, rng: random.Random) -> bytes | None:
    return content[: rng.randrange(max(1, len(content)))]


def _corrupt(content: bytes, rng: random.Random) -> bytes | None:
    if not content:
        return b"\x00junk"
    begin = rng.randrange(len(content))
    damaged = bytes(byte ^ 0xFF for byte in content[begin : begin + 4096])
    return content[:begin] + damaged + content[begin + len(damaged) :]


DAMAGE = {"gone": _gone, "cut": _cut, "corrupt": _corrupt}


class DamagedFile(Fault):
    """A file of the home or the checkout is damaged while its service is down, or while it is up."""

    lies_in_wait = True

    def __init__(self, name: str, choose: Choose, damage: str, *, service_down: bool = False) -> None:
        super().__init__(f"{name} {damage}")
        self._choose, self._damage, self._service_down = choose, damage, service_down

    def strike(self, scene: Scene) -> None:
        if self._service_down:
            embedded.down(scene.home)
        path = self._choose(scene)
        if path is None or not path.exists():
            scene.notes.append("no such file")
            return
        before = path.read_bytes()
        scene.originals[path] = before
        after = DAMAGE[self._damage](before, scene.rng)
        if after is None:
            path.unlink()
        else:
            # The same file, as a disk damages it: owner and mode stay.
            path.write_bytes(after)
        scene.notes.append(f"{path.name}, {len(before)} bytes")


class DamagedObject(Fault):
    """An object of the lake is damaged."""

    lies_in_wait = True
    found_by_verify = True

    def __init__(self, name: str, wanted: Callable[[str], bool], damage: str) -> None:
        super().__init__(f"{name} {damage}")
        self._wanted, self._damage = wanted, damage

    def strike(self, scene: Scene) -> None:
        lake = Lake(embedded.ensure_object_store(scene.home))
        keys = sorted(key for key in lake.etags("") if self._wanted(key))
        if not keys:
            scene.notes.append("no such object")
            return
        key = scene.rng.choice(keys)
        scene.notes.append(key)
        if self._damage == "gone":
            lake.delete([key])
            return
        after = DAMAGE[self._damage](obstore.get(lake.store, key).bytes().to_bytes(), scene.rng)
        lake.write(key, after or b"", "application/octet-stream")


class DamagedTable(Fault):
    """A page of one of PostgreSQL's files has other bytes than were written."""

    lies_in_wait = True

    def strike(self, scene: Scene) -> None:
        table = scene.rng.choice(["users", "products", "orders", "events"])
        (row,) = scene.shop.source_rows(f"SELECT pg_relation_filepath('{table}')")
        embedded.down(scene.home)
        path = scene.home / "postgres" / "data" / str(row[0])
        before = path.read_bytes()
        scene.originals[path] = before
        page = scene.rng.randrange(max(1, len(before) // PAGE_BYTES)) * PAGE_BYTES
        at = page + scene.rng.randrange(24, PAGE_BYTES)
        path.write_bytes(before[:at] + bytes([before[at] ^ 0xFF]) + before[at + 1 :])
        scene.notes.append(f"{table}, byte {at}")


class Junk(Fault):
    """A JSON document that is well-formed and says nothing of what it should."""

    lies_in_wait = True

    def __init__(self, name: str, choose: Choose) -> None:
        super().__init__(f"{name} junk")
        self._choose = choose

    def strike(self, scene: Scene) -> None:
        path = self._choose(scene)
        if path is None or not path.exists():
            scene.notes.append("no such file")
            return
        scene.originals[path] = path.read_bytes()
        path.write_text(json.dumps(scene.rng.choice([[], {}, {"not": 1}, 1, None, {"ports": 5, "finished_at": "x"}])))


def _at(*parts: str) -> Choose:
    return lambda scene: scene.home.joinpath(*parts)


def _any_of(pattern: str) -> Choose:
    def choose(scene: Scene) -> Path | None:
        found = sorted(scene.home.glob(pattern))
        return scene.rng.choice(found) if found else None

    return choose


def put_back(scene: Scene) -> None:
    """As somebody with a backup does: the services stopped, the files as they were."""
    with suppress(ShopStreamError):
        embedded.down(scene.home)
    for path, content in scene.originals.items():
        path.write_bytes(content)


def faults() -> Iterator[Fault]:
    """Every file and object of which something depends, damaged in every way."""
    for damage in DAMAGE:
        yield DamagedObject("lake object", is_data, damage)
        yield DamagedObject("lake manifest", lambda key: key.endswith("/_manifest.json"), damage)
        yield DamagedObject("dashboards manifest", lambda key: key == record.MANIFEST, damage)
        yield DamagedObject("page", lambda key: key.startswith(record.PREFIX) and key.endswith(".html"), damage)
        yield DamagedFile(
            "warehouse database", _at("warehouse", "data", "SHOPSTREAM_DWH.db"), damage, service_down=True
        )
        yield DamagedFile(
            "warehouse catalogue", _at("warehouse", "data", "catalogue.duckdb"), damage, service_down=True
        )
        yield DamagedFile("dbt manifest", lambda _: MANIFEST, damage)
        yield DamagedFile("partial parse", lambda _: MANIFEST.with_name(PARTIAL_PARSE), damage)
        yield DamagedFile("credentials", _at("warehouse", "credentials.json"), damage, service_down=True)
        yield DamagedFile("dagster.yaml", _at("dagster", "dagster.yaml"), damage)
        yield DamagedFile("housekeeping", _at("housekeeping.json"), damage)
        yield DamagedFile("encryption key", _at("object_store", "data", ".encryption_key"), damage, service_down=True)
        yield DamagedFile("certificates", _any_of("object_store/*.pem"), damage, service_down=True)
        yield DamagedFile("running certificates", _any_of("object_store/*.pem"), damage)
        for name in ("postgres", "object_store", "warehouse"):
            yield DamagedFile(f"{name} state", _at(name, "state.json"), damage)
            yield DamagedFile(f"{name} state, stopped", _at(name, "state.json"), damage, service_down=True)
    yield DamagedTable("PostgreSQL page corrupt")
    for name in ("postgres", "object_store", "warehouse"):
        yield Junk(f"{name} state", _at(name, "state.json"))
    yield Junk("housekeeping", _at("housekeeping.json"))
    yield Junk("credentials", _at("warehouse", "credentials.json"))
    yield from (LogOfTheWarehouse(damage) for damage in DAMAGE)


class LogOfTheWarehouse(DamagedFile):
    """The write-ahead log of a warehouse that was killed is damaged."""

    def __init__(self, damage: str) -> None:
        super().__init__("warehouse log", _any_of("warehouse/data/*.wal"), damage)

    def strike(self, scene: Scene) -> None:
        if (server := service(scene.home, "warehouse")) is not None:
            server.kill()
            server.wait(10)
        super().strike(scene)
