"""The bucket's settings and the clock, as far as the platform's own identity may see them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from shopstream_platform.cli.doctor.findings import Finding
from shopstream_platform.config.groups import LakeSettings
from shopstream_platform.stores.aws_errors import translated

# S3 refuses requests that are a quarter of an hour off.
SKEW_TOLERATED_SECONDS = 60
MEND = "run `shopstream provision aws`"


def bucket_findings(lake: LakeSettings) -> Iterator[Finding]:
    """Region, encryption, versioning, public access; clock skew against S3."""
    # 0.2 s, and only a configured lake needs it.
    import boto3

    with translated():
        client = boto3.client("s3", region_name=lake.aws_region, endpoint_url=lake.s3_endpoint_url)
        head = client.head_bucket(Bucket=lake.s3_bucket)["ResponseMetadata"]["HTTPHeaders"]
    yield _clock(head)
    yield _region(head, lake)
    reads = {
        "encryption": (client.get_bucket_encryption, lambda answer: "ServerSideEncryptionConfiguration" in answer),
        "versioning": (client.get_bucket_versioning, lambda answer: answer.get("Status") == "Enabled"),
        "public access block": (
            client.get_public_access_block,
            lambda answer: all(answer["PublicAccessBlockConfiguration"].values()),
        ),
    }
    for name, (read, is_on) in reads.items():
        yield _setting(name, read, is_on, lake)


def _setting(name: str, read: Any, is_on: Any, lake: LakeSettings) -> Finding:
    try:
        on = is_on(read(Bucket=lake.s3_bucket))
    except ClientError as error:
        answer = error.response["Error"]["Code"]
        if answer in ("AccessDenied", "403", "NotImplemented"):
            return Finding("lake", "warning", f"{name} cannot be looked at ({answer})")
        on = False
    if on:
        return Finding("lake", "ok", f"{name} is on")
    return Finding("lake", "warning", f"bucket {lake.s3_bucket}: {name} is off; {MEND}")


def _clock(head: dict[str, str]) -> Finding:
    if "date" not in head:
        return Finding("clock", "warning", "the object store says no time to compare with")
    skew = (datetime.now(UTC) - parsedate_to_datetime(head["date"])).total_seconds()
    if abs(skew) <= SKEW_TOLERATED_SECONDS:
        return Finding("clock", "ok", f"within {SKEW_TOLERATED_SECONDS} s of S3's")
    return Finding("clock", "error", f"{skew:+.0f} s off S3's: set it (`timedatectl set-ntp true`)")


def _region(head: dict[str, str], lake: LakeSettings) -> Finding:
    region = head.get("x-amz-bucket-region")
    if region in (None, lake.aws_region):
        return Finding("lake", "ok", f"bucket {lake.s3_bucket}, region {lake.aws_region}")
    return Finding("lake", "error", f"bucket {lake.s3_bucket} is in {region}: set AWS_REGION={region}")
