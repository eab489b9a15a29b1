"""What an S3 store or the way to it can answer, each as one line and a fix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nats_backup.errors import BucketError

_PLACE = "in the Secret nats-backup-s3"
_KNOWN = {
    "NoSuchBucket": (
        "bucket does not exist",
        f"create the bucket, or correct S3_BUCKET {_PLACE}",
    ),
    "AccessDenied": ("access denied", "allow it in the policy of the user or of the bucket"),
    "InvalidAccessKeyId": ("access key does not exist", f"correct AWS_ACCESS_KEY_ID {_PLACE}"),
    "SignatureDoesNotMatch": (
        "secret key does not fit the access key",
        f"correct AWS_SECRET_ACCESS_KEY {_PLACE}",
    ),
    "RequestTimeTooSkewed": ("the clock differs from the store's", "set the clock of the node"),
    "PreconditionFailed": (
        "another object of that name exists",
        "give this backup an S3_PREFIX of its own",
    ),
    "PermanentRedirect": ("bucket is in another region", f"correct AWS_REGION {_PLACE}"),
    "BadDigest": ("bytes changed on the way", "run it again; if it stays, check the network"),
}
_REGION = ("AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301")
# A HEAD has no body to name its error, only a status.
_SAME = {**dict.fromkeys(_REGION, "PermanentRedirect"), "403": "AccessDenied", "404": "NoSuchKey"}


class MissingObjectError(BucketError):
    """An object that the bucket does not hold."""


class ObjectExistsError(BucketError):
    """An object that would have been overwritten."""


class DeniedError(BucketError):
    """A request that these credentials may not make."""


_KINDS = {"PreconditionFailed": ObjectExistsError, "AccessDenied": DeniedError}


@contextmanager
def told(action: str, where: str) -> Iterator[None]:
    """Turn whatever the S3 client raises into an error that an operator can mend.

    Args:
        action: what was tried, as the S3 permission calls it: `PutObject`.
        where: the bucket or object, as a URL.

    Raises:
        BucketError: the store refused, or does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _refused(error.response.get("Error", {}), action, where) from error
    except (BotoCoreError, ValueError) as error:
        # The client's own words hold the address, and never a key.
        what = f"{action}: {' '.join(str(error).split())}"
        fix = "check S3_ENDPOINT and S3_BUCKET, and that the network lets this pod reach the store"
        raise BucketError(what, where=where, fix=fix) from error


def _refused(answer: dict[str, str], action: str, where: str) -> BucketError:
    code = answer.get("Code", "")
    code = _SAME.get(code, code)
    if code == "NoSuchKey":
        return MissingObjectError(f"{action}: no such object", where=where)
    what, fix = _KNOWN.get(code, (answer.get("Message", "refused"), ""))
    kind = _KINDS.get(code, BucketError)
    return kind(f"{action}: {what} ({code})", where=where, fix=fix)
