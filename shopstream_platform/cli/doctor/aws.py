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
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
_REGIONS = {None: "us-east-1", "EU": "eu-west-1"}
MEND = "run `shopstream provision aws`"


def bucket_findings(lake: LakeSettings) -> Iterator[Finding]:
    """Region, encryption, versioning, public access; clock skew against S3."""
    # 0.2 s, and only a configured lake needs it.
    import boto3

    with translated():
        client = boto3.client("s3", region_name=lake.aws_region, endpoint_url=lake.s3_endpoint_url)
        # Not HeadBucket: below a prefix the role for extraction may list its own folder alone.
        listed = client.list_objects_v2(Bucket=lake.s3_bucket, Prefix=lake.s3_prefix, MaxKeys=1)
        location = client.get_bucket_location(Bucket=lake.s3_bucket)["LocationConstraint"]
    yield _clock(listed["ResponseMetadata"]["HTTPHeaders"])
    yield _region(_REGIONS.get(location, str(location)), lake)
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


def _region(region: str, lake: LakeSettings) -> Finding:
    if region == lake.aws_region:
        return Finding("lake", "ok", f"bucket {lake.s3_bucket}, region {lake.aws_region}")
    return Finding("lake", "error", f"bucket {lake.s3_bucket} is in {region}: set AWS_REGION={region}")
