"""The objects of the lake's bucket, streamed with obstore. Errors are one sentence each."""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import obstore
from obstore import exceptions as obstore_errors
from obstore.store import S3Store

from shopstream_platform.connections import S3Connection
from shopstream_platform.errors import ShopStreamError, TransientError

if TYPE_CHECKING:
    from obstore.store import S3Credential

REQUESTS_IN_FLIGHT = 8
GZIP_LEVEL = 2
Argument = TypeVar("Argument")
Result = TypeVar("Result")


class Lake:
    """The objects of one bucket: list, read, write, delete. Errors are one sentence each."""

    def __init__(self, connection: S3Connection, *, gzip_level: int = GZIP_LEVEL) -> None:
        self.bucket = connection.bucket
        self.store = _store(connection)
        self.gzip_level = gzip_level

    def uri(self, key: str) -> str:
        """s3:// address of an object."""
        return f"s3://{self.bucket}/{key}"

    def etags(self, prefix: str) -> dict[str, str]:
        """Key -> ETag of every object below a prefix."""
        with self.translated():
            return {
                item["path"]: bare_etag(item["e_tag"]) for batch in obstore.list(self.store, prefix) for item in batch
            }

    def read_json(self, key: str) -> dict[str, Any]:
        """A JSON object's content; ShopStreamError if it is not there or is no JSON."""
        with self.translated():
            body = obstore.get(self.store, key).bytes().to_bytes()
        try:
            return json.loads(body)
        except ValueError as error:
            raise ShopStreamError(f"{self.uri(key)} is no JSON: extract the partition again") from error

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

    @contextmanager
    def translated(self) -> Iterator[None]:
        """obstore's errors as one sentence: what is missing or refused is permanent, all else may pass."""
        try:
            yield
        except (FileNotFoundError, obstore_errors.NotFoundError) as error:
            raise ShopStreamError(self._missing(error)) from error
        except (PermissionError, obstore_errors.PermissionDeniedError, obstore_errors.UnauthenticatedError) as error:
            raise ShopStreamError(self._refused(error)) from error
        # obstore's file objects, which write big objects, raise OSError for whatever goes wrong.
        except (obstore_errors.BaseError, OSError) as error:
            # Listing has no exceptions of its own for what is missing or refused: only the store's answer tells.
            if "<Code>NoSuchBucket</Code>" in str(error):
                raise ShopStreamError(self._missing(error)) from error
            if "status code: 403" in _first_line(error):
                raise ShopStreamError(self._refused(error)) from error
            raise TransientError(f"bucket {self.bucket} could not be used: {_first_line(error)}") from error

    def _refused(self, error: Exception) -> str:
        return f"bucket {self.bucket} refuses the credentials in use: {_first_line(error)}. Run `shopstream doctor`"

    def _missing(self, error: Exception) -> str:
        if "NoSuchBucket" in str(error):
            return (
                f"bucket {self.bucket} does not exist: check SHOPSTREAM_S3_BUCKET, "
                "or create it with `shopstream provision aws`"
            )
        return f"an object is missing from bucket {self.bucket}: {_first_line(error)}"


def bare_etag(etag: str | None) -> str:
    """An ETag without its quotes; S3 sends them, listings of some stores do not."""
    return (etag or "").strip('"')


def _store(at: S3Connection) -> S3Store:
    insecure = bool(at.endpoint_url and at.endpoint_url.startswith("http://"))
    options: dict[str, Any] = {
        "region": at.region,
        "retry_config": {"max_retries": 5},
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
        return S3Store(at.bucket, credential_provider=lambda: keys, **options)
    # Imported here: boto3 is slow to import, and only real AWS needs its credential chain.
    import boto3
    from obstore.auth.boto3 import Boto3CredentialProvider

    return S3Store(
        at.bucket, credential_provider=Boto3CredentialProvider(boto3.Session(region_name=at.region)), **options
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
