"""The data lake: one S3 bucket, through dagster-aws' S3Resource."""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.services import embedded
from shopstream_platform.stores.lake import GZIP_LEVEL, Lake

if TYPE_CHECKING:
    from dagster_aws.s3 import S3Resource


class LakeResource(dg.ConfigurableResource):
    """The platform's bucket. Credentials come from the standard AWS chain."""

    bucket: str
    region: str = "eu-west-3"
    endpoint_url: str | None = None
    gzip_level: int = GZIP_LEVEL

    def connection(self) -> S3Connection:
        """The bucket, its endpoint and, where the AWS credential chain does not apply, its keys."""
        return S3Connection(bucket=self.bucket, region=self.region, endpoint_url=self.endpoint_url)

    def s3(self) -> "S3Resource":
        """dagster-aws' resource, whose client sets up and inspects the bucket."""
        # Imported here: dagster-aws brings boto3, which moving the data does not need.
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


class EmbeddedLakeResource(LakeResource):
    """LakeResource on the embedded object store, started and set up on first use."""

    bucket: str = "embedded"
    home: str

    def connection(self) -> S3Connection:
        return embedded.ensure_object_store(Path(self.home))
