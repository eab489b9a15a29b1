"""moto as a stand-in for an AWS account: users, keys and policies are judged as AWS does.

It does not judge conditions and bucket policies: those are tested with SeaweedFS.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"
EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
# Calls that make the first administrator: nobody is there yet who could be asked for a key.
BOOTSTRAP = 3


@dataclass(frozen=True)
class Account:
    """An account of its own, and its administrator's key."""

    endpoint: str
    key: str
    secret: str

    def client(self, service: str) -> Any:
        """A client of the service for whoever holds the key."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def environment(self) -> Mapping[str, str]:
        """What the aws command needs to know."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": REGION,
        }

    def user(self, name: str, policy: str) -> Account:
        """Make a user with one policy, and act as that user."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Account(self.endpoint, key["AccessKeyId"], key["SecretAccessKey"])


@contextmanager
def account(log: Path) -> Iterator[Account]:
    """Run moto on a free port for as long as the block lasts."""
    moto = Path(sys.executable).with_name("moto_server")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [moto, "-H", "127.0.0.1", "-p", "0"],
            env={"INITIAL_NO_AUTH_ACTION_COUNT": str(BOOTSTRAP), "PATH": "/usr/bin:/bin"},
            stdout=output,
            stderr=output,
        )
    try:
        nobody = Account(_address(log, process), "nobody", "nobody")
        yield nobody.user("administrator", EVERYTHING)
    finally:
        process.terminate()
        process.wait(10)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        if found := re.search(r"Running on (http://\S+)", log.read_text("utf-8")):
            return found[1]
        assert process.poll() is None, log.read_text("utf-8")
        time.sleep(0.05)
    raise TimeoutError("moto did not tell its port")
