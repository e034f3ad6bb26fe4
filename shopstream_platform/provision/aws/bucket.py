"""The lake's bucket: private, encrypted, versioned, TLS only where the endpoint has TLS."""

from typing import Any

from botocore.exceptions import ClientError

MANAGED = "managed-by-shopstream"
OLD_VERSIONS_EXPIRE_AFTER_DAYS = 30
INCOMPLETE_UPLOADS_EXPIRE_AFTER_DAYS = 7


def ensure_bucket(client: Any, bucket: str, region: str) -> list[str]:
    """Create and configure the bucket where it is not yet so; the settings that this endpoint does not offer."""
    _create(client, bucket, region)
    return [name for name, set_up in _SETTINGS.items() if not _offered(set_up, client, bucket)]


def _create(client: Any, bucket: str, region: str) -> None:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client.create_bucket(Bucket=bucket, **where)


def _offered(set_up: Any, client: Any, bucket: str) -> bool:
    try:
        set_up(client, bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotImplemented":
            raise
        return False
    return True


def _encrypt(client: Any, bucket: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _version(client: Any, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _make_private(client: Any, bucket: str) -> None:
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(switches, True))


def _expire(client: Any, bucket: str) -> None:
    rule = {
        "ID": MANAGED,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_EXPIRE_AFTER_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": INCOMPLETE_UPLOADS_EXPIRE_AFTER_DAYS},
    }
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})


_SETTINGS = {
    "encryption": _encrypt,
    "versioning": _version,
    "public access block": _make_private,
    "lifecycle": _expire,
}
