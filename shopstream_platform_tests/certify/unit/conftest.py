"""AWS as moto plays it, and a Snowflake account in memory, for a namespace."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from shopstream_platform.certify import account, site
from shopstream_platform.certify.namespace import Namespace
from shopstream_platform.certify.site import Site, Target
from shopstream_platform.config.connections import S3Connection, SnowflakeConnection
from shopstream_platform.provision import handshake
from shopstream_platform.provision.snowflake.account import Account
from shopstream_platform.stores.warehouse import Warehouse
from shopstream_platform_tests.provision.model.account import AccountSession
from shopstream_platform_tests.provision.model.rights import Rights
from shopstream_platform_tests.provision.model.trusting import Snowflake
from shopstream_platform_tests.provision.unit.conftest import BUCKET, REGION, session

__all__ = ["session"]
SPACE = Namespace("ABCDEF")
ROLE = f"arn:aws:iam::123456789012:role/{BUCKET}-certify-abcdef-snowflake"


class WithoutSecondaryRoles(Snowflake):
    """Where they are off already."""

    def execute(self, sql: str, parameters: object = None) -> AccountSession:
        return self if sql == "USE SECONDARY ROLES NONE" else super().execute(sql, parameters)


@dataclass
class InMemory:
    """Both accounts, and a site of a namespace in them."""

    site: Site
    rights: Rights
    session: boto3.Session
    opened: list[SnowflakeConnection]


@pytest.fixture
def in_memory(session: boto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InMemory:
    rights, opened = Rights(), []
    known = Account(SPACE.names.database, BUCKET, ROLE, prefix=SPACE.prefix, lake_prefix=SPACE.lake_prefix)

    @contextmanager
    def open_session(at: SnowflakeConnection) -> Iterator[Warehouse]:
        opened.append(at)
        yield Warehouse(cast("Any", WithoutSecondaryRoles(session, known, rights)))

    monkeypatch.setattr(site, "open_session", open_session)
    monkeypatch.setattr(handshake.time, "sleep", lambda seconds: None)
    # moto holds the bucket's policy against every object, over TLS too.
    monkeypatch.setattr("shopstream_platform.provision.aws.live._ensure_bucket_policy", lambda *of: None)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(account.boto3, "Session", lambda region_name=None: session)
    snowflake = SnowflakeConnection("acme-main", "ADMIN", password="p", role="ANALYST")
    return InMemory(Site(SPACE, Target(snowflake, S3Connection(BUCKET, REGION)), 1000), rights, session, opened)
