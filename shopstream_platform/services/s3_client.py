"""boto3 on the embedded object store, whatever AWS settings somebody's shell holds, and on a bucket of one's own."""

import os
from typing import Any

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.config.environment.process import hidden
from shopstream_platform.config.environment.variables import CERTIFICATES


def s3_client(at: S3Connection) -> Any:
    """A client with the connection's own keys."""
    # 0.2 s, and most commands do without it.
    import boto3
    from botocore.config import Config
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
    from botocore.session import Session

    # (name in a file, name of a variable, default, conversion): neither file nor variable is read, and the default
    # holds. The files are named besides, since botocore opens them before it asks.
    defaults = {
        name: (None, None, default, conversion)
        for name, (_, _, default, conversion) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    nothing = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    session = boto3.Session(botocore_session=Session(session_vars=defaults | nothing))
    direct = Config(proxies={}, ignore_configured_endpoint_urls=True)
    # In a lock with those who change the environment: a bundle of certificates that is not there is no reason to fail.
    with hidden(CERTIFICATES):
        return session.client(
            "s3",
            endpoint_url=at.endpoint_url,
            region_name=at.region,
            aws_access_key_id=at.access_key_id,
            aws_secret_access_key=at.secret_access_key,
            config=direct,
        )


def lake_client(at: S3Connection) -> Any:
    """A client for the lake: the embedded store's, or the standard AWS credential chain's."""
    if at.folder:
        return s3_client(at)
    import boto3

    return boto3.client("s3", endpoint_url=at.endpoint_url, region_name=at.region)
