"""A home on a disk without room: each service's refusal is a sentence about the disk, and comes at once."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import Lake
from shopstream_platform.stores.postgres import connect
from shopstream_platform.stores.warehouse import open_session

SIZE_MB = 400
LEFT_BYTES = 1_000_000
SOON_SECONDS = 60


@pytest.fixture(scope="module")
def full_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose services were started while there was room."""
    disk = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    home = disk / "home"
    try:
        embedded.up(home)
        free = int(subprocess.check_output(["df", "--output=avail", "-B1", disk], text=True).splitlines()[-1])
        subprocess.run(["fallocate", "-l", str(free - LEFT_BYTES), disk / "filler"], check=True)
        yield home
    finally:
        embedded.down(home)
        subprocess.run(["umount", "-l", disk], check=True)


def _fill_lake(home: Path) -> None:
    lake = Lake(embedded.ensure_object_store(home))
    for number in range(4):
        lake.write(f"full/{number}", b"x" * 3_000_000, "text/plain")


def _fill_postgres(home: Path) -> None:
    with connect(embedded.ensure_postgres(home).dsn) as conn, conn.cursor() as cursor:
        cursor.execute("CREATE TABLE big AS SELECT md5(i::text) FROM generate_series(1, 300000) AS i")


def _fill_warehouse(home: Path) -> None:
    many = "SELECT UUID_STRING() AS a FROM TABLE(GENERATOR(ROWCOUNT => 3000000))"
    with open_session(embedded.ensure_warehouse(home)) as session:
        session.execute(f"CREATE TABLE RAW.BIG AS {many}")


@pytest.mark.parametrize("fill", [_fill_lake, _fill_postgres, _fill_warehouse])
def test_a_full_disk_is_said_soon(fill: Callable[[Path], None], full_home: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(ShopStreamError, match=r"disk .*is full") as caught:
        fill(full_home)
    assert time.monotonic() - begin < SOON_SECONDS
    assert not isinstance(caught.value, TransientError)
