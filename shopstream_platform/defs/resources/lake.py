"""The data lake: one S3 bucket, through dagster-aws' S3Resource."""

from typing import TYPE_CHECKING

import dagster as dg

from shopstream_platform.config.connections import GZIP_LEVEL, REGION, S3Connection
from shopstream_platform.services import resolve
from shopstream_platform.stores.lake import Lake

if TYPE_CHECKING:
    from dagster_aws.s3 import S3Resource


class LakeResource(dg.ConfigurableResource):
    """The platform's bucket, with credentials of the standard AWS chain.

    Without a bucket: the embedded object store of the home, started and set up on first use.
    """

    home: str | None = None
    bucket: str | None = None
    prefix: str = ""
    region: str = REGION
    endpoint_url: str | None = None
    gzip_level: int = GZIP_LEVEL

    def connection(self) -> S3Connection:
        """The bucket, its endpoint and, where the AWS credential chain does not apply, its keys."""
        configured = None
        if self.bucket:
            configured = S3Connection(self.bucket, self.region, self.endpoint_url, prefix=self.prefix)
        return resolve.object_store_at(configured, self.home)

    def s3(self) -> "S3Resource":
        """dagster-aws' resource, whose client sets up and inspects the bucket."""
        # 1.8 s with boto3, which moving the data does not need.
        from dagster_aws.s3 import S3Resource

        at = self.connection()
        return S3Resource(
            region_name=at.region,
            endpoint_url=at.endpoint_url,
            aws_access_key_id=at.access_key_id,
            aws_secret_access_key=at.secret_access_key,
        )

    def open(self) -> Lake:
        """The bucket's objects."""
        return Lake(self.connection(), gzip_level=self.gzip_level)
