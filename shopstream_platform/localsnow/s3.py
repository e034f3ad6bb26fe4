"""The object store that the credentials file names, through boto3."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from shopstream_platform.localsnow import errors
from shopstream_platform.localsnow.credentials import S3Credentials
from shopstream_platform.localsnow.errors import sql_error
from shopstream_platform.localsnow.object_store import StoredObject


class S3:
    """One store with the keys of the credentials file, whatever AWS settings the shell holds."""

    def __init__(self, at: S3Credentials) -> None:
        # (name in a file, name of a variable, default, conversion): neither file nor variable is read.
        defaults = {
            name: (None, None, default, conversion)
            for name, (_, _, default, conversion) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
        }
        # Botocore opens the files before it asks whether they are wanted.
        nothing = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
        self._client: Any = boto3.Session(botocore_session=Session(session_vars=defaults | nothing)).client(
            "s3",
            endpoint_url=at.endpoint_url,
            region_name=at.region,
            aws_access_key_id=at.access_key_id,
            aws_secret_access_key=at.secret_access_key,
            config=Config(
                max_pool_connections=32,
                s3={"addressing_style": "path"},
                retries={"max_attempts": 3},
                proxies={},
                ignore_configured_endpoint_urls=True,
            ),
        )

    def list_objects(self, bucket: str, prefix: str) -> list[StoredObject]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [
            StoredObject(
                item["Key"], item["Size"], item["ETag"].strip('"'), f"{item['LastModified']:%a, %d %b %Y %H:%M:%S} GMT"
            )
            for page in pages
            for item in page.get("Contents", [])
            if not item["Key"].endswith("/")
        ]

    @contextmanager
    def open(self, bucket: str, key: str) -> Iterator[tuple[IO[bytes], str]]:
        try:
            answer = self._client.get_object(Bucket=bucket, Key=key)
            yield answer["Body"], answer["ETag"].strip('"')
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                message = f"Remote file '{key}' was not found. There are several potential causes."
                raise sql_error(message, errors.FILE_NOT_FOUND, "22000") from None
            raise sql_error(f"Failed to access remote file '{key}': {error}", 91003, "22000") from error
        except BotoCoreError as error:
            raise sql_error(f"Failed to access remote file '{key}': {error}", 91003, "22000") from error

    def delete(self, bucket: str, key: str) -> None:
        self._client.delete_object(Bucket=bucket, Key=key)
