"""Make the bucket with versioning and its lifecycle rule; what is there already stays."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import boto3

# No rule may match velero/: its files share parts, and the age of one tells nothing about its use.
LIFECYCLE = json.loads((Path(__file__).parent / "lifecycle.json").read_text("utf-8"))

bucket = os.environ["S3_BUCKET"]
s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"], region_name="us-east-1")
with suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
    s3.create_bucket(Bucket=bucket)
s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=LIFECYCLE)
versioning = s3.get_bucket_versioning(Bucket=bucket)["Status"]
print(f'level=info msg="bucket is ready" bucket={bucket} versioning={versioning}')
