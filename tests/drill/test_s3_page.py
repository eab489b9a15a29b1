"""The commands for AWS on the page of prerequisites do what the page says, against moto."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.project import Project
from ledger.pages.page import read_page
from tests.support import aws_server
from tests.support.aws_server import Account

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "prerequisites" / "s3.md"
IAM = ROOT / "manifests" / "s3" / "iam"
BUCKET = "dr-backups"
USERS = ("backup", "restore")
COMMANDS = {b.name: b.text for b in read_page(Project(ROOT), PAGE).blocks if b.kind == "skip"}
REPAIR = ("list-versions", "copy-version")
UNDO = ("drop-key", "drop-users", "drop-bucket")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands run: with the manifests that they name."""
    made = tmp_path_factory.mktemp("page")
    (made / "manifests").symlink_to(ROOT / "manifests")
    return made


@pytest.fixture(scope="module")
def account(folder: Path) -> Iterator[Account]:
    """An account in which the page's commands were run, in their order."""
    with aws_server.account(folder / "log") as found:
        for name in (name for name in COMMANDS if name not in REPAIR + UNDO):
            carry_out(name, folder, found)
        yield found


def carry_out(name: str, folder: Path, account: Account, **variables: str) -> str:
    """Run a block of the page as the account's administrator, and return its output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {"PATH": path, "HOME": str(folder), "AWS_PAGER": "", **account.environment()}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", COMMANDS[name]],
        cwd=folder,
        env={**env, **variables},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def test_the_bucket_is_versioned_private_and_has_its_rules(account: Account) -> None:
    s3 = account.client("s3")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    closed = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert list(closed.values()) == [True] * 4
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert rules == json.loads((IAM.parent / "lifecycle.json").read_text("utf-8"))["Rules"]
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert policy == json.loads((IAM / "bucket-policy.json").read_text("utf-8"))


@pytest.mark.parametrize("user", USERS)
def test_a_user_has_its_policy_and_no_other(account: Account, user: str) -> None:
    iam, name = account.client("iam"), f"nats-{user}"
    assert iam.list_user_policies(UserName=name)["PolicyNames"] == [name]
    assert not iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]
    document = iam.get_user_policy(UserName=name, PolicyName=name)["PolicyDocument"]
    assert document == json.loads((IAM / f"{user}-policy.json").read_text("utf-8"))


def test_the_file_holds_a_key_that_writes_and_is_the_owners_alone(
    account: Account, folder: Path
) -> None:
    file = folder / "bucket.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    held = dict(line.split("=", 1) for line in file.read_text("utf-8").splitlines())
    assert held["S3_BUCKET"] == BUCKET
    key = Account(account.endpoint, held["AWS_ACCESS_KEY_ID"], held["AWS_SECRET_ACCESS_KEY"])
    # moto does not judge the condition of the bucket's policy, and would refuse every upload.
    account.client("s3").delete_bucket_policy(Bucket=BUCKET)
    key.client("s3").put_object(Bucket=BUCKET, Key="nats/archive.tar", Body=b"data")


@pytest.mark.parametrize("damage", ["deleted", "overwritten"])
def test_an_archive_is_brought_back_by_its_version(
    account: Account, folder: Path, damage: str
) -> None:
    s3, archive = account.client("s3"), f"{damage}.tar"
    s3.delete_bucket_policy(Bucket=BUCKET)
    where = {"Bucket": BUCKET, "Key": f"nats/{archive}"}
    s3.put_object(**where, Body=b"good")
    if damage == "deleted":
        s3.delete_object(**where)
    else:
        s3.put_object(**where, Body=b"bad")
    lines = [line.split() for line in carry_out("list-versions", folder, account).splitlines()]
    version = next(v for key, _, latest, v in lines if key == where["Key"] and latest == "False")
    carry_out("copy-version", folder, account, ARCHIVE=archive, VERSION=version)
    assert s3.get_object(**where)["Body"].read() == b"good"


def test_nothing_is_left_when_all_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "manifests").symlink_to(ROOT / "manifests")
    with aws_server.account(tmp_path / "log") as account:
        users = account.client("iam").list_users()["Users"]
        for name in ("make-bucket", "make-users", "make-key", *UNDO):
            carry_out(name, tmp_path, account)
        assert account.client("s3").list_buckets()["Buckets"] == []
        assert account.client("iam").list_users()["Users"] == users
