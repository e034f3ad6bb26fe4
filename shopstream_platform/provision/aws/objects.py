"""The lake's objects in its bucket, for a removal: only what lies in the platform's own folders."""

import boto3

from shopstream_platform.config.errors import ShopStreamError
from shopstream_platform.provision.aws.template import LakeStack

FOLDERS = ("raw/", "bi/", "docs/", "dagster/", "doctor/")
DELETED_AT_ONCE = 1000


def holds_objects(session: boto3.Session, bucket: str, prefix: str = "") -> bool:
    """Whether there is an object, an old version or a delete marker."""
    page = session.client("s3").list_object_versions(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    return bool(page.get("Versions") or page.get("DeleteMarkers"))


def holds_lake(session: boto3.Session, stack: LakeStack) -> bool:
    """Whether any of the lake's folders holds anything."""
    return any(holds_objects(session, stack.bucket, stack.lake_prefix + folder) for folder in FOLDERS)


def delete_lake(session: boto3.Session, stack: LakeStack) -> None:
    """Delete every version of every object of the lake's folders; others' objects stay."""
    s3 = session.client("s3")
    for folder in FOLDERS:
        for page in s3.get_paginator("list_object_versions").paginate(
            Bucket=stack.bucket,
            Prefix=stack.lake_prefix + folder,
            PaginationConfig={"PageSize": DELETED_AT_ONCE},
        ):
            entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            if entries:
                objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
                done = s3.delete_objects(Bucket=stack.bucket, Delete={"Objects": objects, "Quiet": True})
                if failed := done.get("Errors"):
                    raise ShopStreamError(
                        f"s3://{stack.bucket}/{failed[0]['Key']} and {len(failed) - 1} more could not be deleted: "
                        f"{failed[0].get('Code')} {failed[0].get('Message', '')}. Safe to run again"
                    )
