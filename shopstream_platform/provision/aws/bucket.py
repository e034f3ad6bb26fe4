"""The lake's bucket: private, encrypted, versioned, TLS only where the endpoint has TLS."""

from typing import Any

from botocore.exceptions import ClientError

MANAGED = "managed-by-shopstream"
OLD_VERSIONS_EXPIRE_AFTER_DAYS = 30
INCOMPLETE_UPLOADS_EXPIRE_AFTER_DAYS = 7


def ensure_bucket(client: Any, bucket: str, region: str, kms_key: str = "") -> list[str]:
    """Create and configure a bucket of ours where it is not yet so; the settings that this endpoint does not offer."""
    _create(client, bucket, region)
    settings = {
        "encryption": lambda: _encrypt(client, bucket, kms_key),
        "versioning": lambda: _version(client, bucket),
        "public access block": lambda: _make_private(client, bucket),
        "lifecycle": lambda: _expire(client, bucket),
    }
    return [name for name, set_up in settings.items() if not _offered(set_up)]


def _create(client: Any, bucket: str, region: str) -> None:
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchBucket"):
            raise
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client.create_bucket(Bucket=bucket, **where)


def _offered(set_up: Any) -> bool:
    try:
        set_up()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotImplemented":
            raise
        return False
    return True


def _encrypt(client: Any, bucket: str, kms_key: str) -> None:
    """By the key that is named. Without one, a key that somebody has set since is stronger than ours and stays."""
    if not kms_key and _algorithm(client, bucket).startswith("aws:kms"):
        return
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms_key} if kms_key else {"SSEAlgorithm": "AES256"}
    rule = {"ApplyServerSideEncryptionByDefault": by_default, **({"BucketKeyEnabled": True} if kms_key else {})}
    client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _algorithm(client: Any, bucket: str) -> str:
    try:
        rules = client.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ServerSideEncryptionConfigurationNotFoundError":
            raise
        return ""
    return str(rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def _version(client: Any, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _make_private(client: Any, bucket: str) -> None:
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    client.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(switches, True))


def _expire(client: Any, bucket: str) -> None:
    """Our rule beside those of others: a put replaces all rules of the bucket."""
    ours = {
        "ID": MANAGED,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_EXPIRE_AFTER_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": INCOMPLETE_UPLOADS_EXPIRE_AFTER_DAYS},
    }
    others = [rule for rule in _rules(client, bucket) if rule.get("ID") != MANAGED]
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [*others, ours]})


def _rules(client: Any, bucket: str) -> list[dict[str, Any]]:
    try:
        return client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
            raise
        return []
