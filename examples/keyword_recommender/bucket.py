"""A day's files in the team's bucket. Tasks hand each other the keys of these, never the data.

Address, keys and bucket come from the pod's variables: boto3 reads AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION itself, TEAM_BUCKET is read here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TRIES = 8
"""With growing pauses between them, about half a minute: a restart of the object store fails no task."""


@dataclass(frozen=True)
class Folder:
    """`<project>/<day>/` in the team's bucket. Putting replaces, so that a day can be run again."""

    project: str
    day: date

    def key(self, name: str) -> str:
        """Of a file in it."""
        return f"{self.project}/{self.day.isoformat()}/{name}"

    def put(self, name: str, body: bytes) -> str:
        """Write a file; its key."""
        return write(self.key(name), body)

    def get(self, name: str) -> bytes:
        """Read a file that must be there."""
        return read(self.key(name))

    def find(self, name: str) -> bytes | None:
        """Read a file, None where there is none."""
        try:
            return read(self.key(name))
        except _client().exceptions.NoSuchKey:
            return None


def read(key: str) -> bytes:
    """Read any file of the team's bucket."""
    body: bytes = _client().get_object(Bucket=_bucket(), Key=key)["Body"].read()
    return body


def write(key: str, body: bytes) -> str:
    """Write any file of the team's bucket; its key."""
    _client().put_object(Bucket=_bucket(), Key=key, Body=body)
    return key


def _bucket() -> str:
    return os.environ["TEAM_BUCKET"]


@cache
def _client() -> S3Client:
    return boto3.client("s3", config=Config(retries={"mode": "standard", "total_max_attempts": _TRIES}))
