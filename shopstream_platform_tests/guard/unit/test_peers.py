"""Whose a connection is."""

import os
import socket
from pathlib import Path

import pytest

from shopstream_platform.guard import peers
from shopstream_platform.guard.keys import Keys
from shopstream_platform.guard.middleware import Guard
from shopstream_platform_tests.guard.unit.asgi import PORT, Behind, ask, opens_socket

pytestmark = pytest.mark.security

CLIENT, SERVER = ("127.0.0.1", 40000), ("127.0.0.1", PORT)
ROW = "   1: 0100007F:9C40 0100007F:0BB8 01 00000000:00000000 00:00000000 00000000  {uid}  0 {inode} 1 0 20 4 30 10 -1"
OTHER = 4711


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of sockets as Linux writes it."""
    if peers.sys.byteorder != "little":
        pytest.skip("the table's addresses are in the machine's own order")
    path = tmp_path / "tcp"
    monkeypatch.setattr(peers, "TABLE", path)
    return path


def write(table: Path, uid: int, inode: int) -> None:
    table.write_text(f"  sl  local_address rem_address   st\n{ROW.format(uid=uid, inode=inode)}\n")


@pytest.mark.parametrize(
    ("uid", "inode", "stranger"),
    [
        pytest.param(os.geteuid(), 55, False, id="own"),
        pytest.param(0, 55, False, id="root"),
        pytest.param(OTHER, 55, True, id="another"),
        pytest.param(0, 0, True, id="closed"),
    ],
)
def test_whose_a_connection_is(table: Path, uid: int, inode: int, stranger: bool) -> None:
    write(table, uid, inode)
    assert peers.is_of_another_user(CLIENT, SERVER) is stranger
    # Not in the table.
    assert peers.is_of_another_user(("127.0.0.1", 40001), SERVER)
    # By a proxy's network.
    assert not peers.is_of_another_user(("10.0.0.1", 40000), SERVER)


def test_this_machine_tells_of_a_real_connection() -> None:
    if not Path("/proc/net/tcp").exists():
        assert not peers.are_told()
        return
    assert peers.are_told()
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            own = client.getsockname()
            assert not peers.is_of_another_user(own, server.getsockname())
        assert peers.is_of_another_user(own, server.getsockname())


def test_a_stolen_cookie_and_a_stolen_address_are_of_no_use(table: Path, tmp_path: Path) -> None:
    keys, behind = Keys.of(tmp_path / "ui"), Behind()
    guard = Guard(behind, PORT, Guard.around(behind, PORT, None, "").hosts, keys, "", sees_users=True)
    cookie, ticket = f"shopstream-{PORT}={keys.cookie(PORT)}", keys.new_ticket()
    write(table, OTHER, 55)
    answer = ask(guard, cookie=cookie)
    assert answer.status == 401
    assert "start the server as the user of the browser" in answer.text
    assert not opens_socket(guard, cookie=cookie)
    assert ask(guard, f"/?token={ticket}").status == 401
    assert behind.reached == []
    assert ask(guard, authorization=f"Bearer {keys.secret}").status == 200
    write(table, os.geteuid(), 55)
    assert ask(guard, cookie=cookie).status == 200
    assert ask(guard, f"/?token={ticket}").status == 303
