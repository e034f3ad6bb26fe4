"""Create the bucket of the compute logs where it does not exist; run once, before the code location starts."""

import os

import boto3
from botocore.exceptions import ClientError

bucket = os.environ["COMPUTE_LOGS_BUCKET"]
s3 = boto3.client("s3", endpoint_url=os.environ["COMPUTE_LOGS_ENDPOINT"])
try:
    s3.head_bucket(Bucket=bucket)
except ClientError:
    s3.create_bucket(Bucket=bucket)
