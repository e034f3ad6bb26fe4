"""boto3 on the embedded object store, whatever AWS settings somebody's shell holds."""

from typing import TYPE_CHECKING, Any

from shopstream_platform.connections import S3Connection

if TYPE_CHECKING:
    from shopstream_platform.embedded.warehouse.credentials import S3Credentials


def s3_client(at: "S3Connection | S3Credentials", config: Any = None) -> Any:
    """A client with the connection's own keys."""
    # Imported here: slow to import, and most commands do without it.
    import boto3
    from botocore.session import Session

    # Without the variable AWS_PROFILE, whose profile this machine may not have: botocore looks it up before anything.
    session = boto3.Session(botocore_session=Session(session_vars={"profile": (None, None, None, None)}))
    return session.client(
        "s3",
        endpoint_url=at.endpoint_url,
        region_name=at.region,
        aws_access_key_id=at.access_key_id,
        aws_secret_access_key=at.secret_access_key,
        config=config,
    )
