"""The objects of the lake's bucket, streamed with obstore. Errors are one sentence each."""

import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import obstore
from obstore.store import S3Store

from shopstream_platform.config.connections import GZIP_LEVEL, S3Connection
from shopstream_platform.config.environment.process import hidden
from shopstream_platform.config.environment.variables import AWS_PREFIXES, CERTIFICATES, of_prefixes
from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.stores.lake_errors import translated

if TYPE_CHECKING:
    from obstore.store import S3Credential

REQUESTS_IN_FLIGHT = 8
RETRIES: dict[str, Any] = {"max_retries": 5}
# On this machine: a store that is starting again answers in seconds, one without room never does.
EMBEDDED_RETRIES: dict[str, Any] = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
Argument = TypeVar("Argument")
Result = TypeVar("Result")


class Lake:
    """The objects of one bucket: list, read, write, delete. Errors are one sentence each."""

    def __init__(self, connection: S3Connection, *, gzip_level: int = GZIP_LEVEL) -> None:
        self.bucket = connection.bucket
        self._at = connection
        with self.translated():
            self.store = _store(connection)
        self.gzip_level = gzip_level

    def uri(self, key: str) -> str:
        """s3:// address of an object."""
        return f"s3://{self.bucket}/{self._at.key(key)}"

    def etags(self, prefix: str) -> dict[str, str]:
        """Key -> ETag of every object below a prefix."""
        with self.translated():
            return {
                item["path"]: bare_etag(item["e_tag"]) for batch in obstore.list(self.store, prefix) for item in batch
            }

    def read_json(self, key: str) -> dict[str, Any]:
        """A JSON object's content; ShopStreamError if it is not there or is not JSON."""
        with self.translated():
            body = obstore.get(self.store, key).bytes().to_bytes()
        try:
            return json.loads(body)
        except ValueError as error:
            raise ShopStreamError(f"{self.uri(key)} is not JSON: extract the partition again") from error

    def write(self, key: str, body: bytes, content_type: str) -> str:
        """Put one object whole; its ETag."""
        with self.translated():
            result = obstore.put(self.store, key, body, attributes={"Content-Type": content_type}, use_multipart=False)
        return bare_etag(result["e_tag"])

    def map(self, function: Callable[[Argument], Result], arguments: Iterable[Argument]) -> list[Result]:
        """Apply a function that waits for the store to many arguments, a few at a time; results in order."""
        with ThreadPoolExecutor(REQUESTS_IN_FLIGHT) as pool:
            return list(pool.map(function, arguments))

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; one that is not there is no error."""
        if paths := list(keys):
            with self.translated():
                obstore.delete(self.store, paths)

    def translated(self) -> AbstractContextManager[None]:
        """Errors of the block as one sentence."""
        return translated(self._at)


def bare_etag(etag: str | None) -> str:
    """An ETag without its quotes; S3 sends them, listings of some stores do not."""
    return (etag or "").strip('"')


def _store(at: S3Connection) -> S3Store:
    insecure = bool(at.endpoint_url and at.endpoint_url.startswith("http://"))
    options: dict[str, Any] = {
        "prefix": at.prefix or None,
        "region": at.region,
        "retry_config": EMBEDDED_RETRIES if at.folder else RETRIES,
        "client_options": {"allow_http": insecure, "timeout": "600s", "connect_timeout": "10s"},
    }
    if at.endpoint_url:
        options["endpoint"] = at.endpoint_url
    if at.access_key_id and at.secret_access_key:
        # Not as options, which AWS_* variables complete: a session token of somebody's shell would go with our keys.
        keys: S3Credential = {
            "access_key_id": at.access_key_id,
            "secret_access_key": at.secret_access_key,
            "expires_at": None,
        }
        # obstore has no way to be told not to read them, nor to do without certificates where there is no TLS.
        foreign = {*of_prefixes(os.environ, AWS_PREFIXES), *(CERTIFICATES if insecure else ())}
        with hidden(foreign):
            return S3Store(at.bucket, credential_provider=lambda: keys, **options)
    # 0.2 s, and only real AWS needs boto3's credential chain.
    import boto3
    from obstore.auth.boto3 import Boto3CredentialProvider

    return S3Store(
        at.bucket, credential_provider=Boto3CredentialProvider(boto3.Session(region_name=at.region)), **options
    )
