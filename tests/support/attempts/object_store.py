"""Attempts with the team's account of the object store."""

from __future__ import annotations

import json

from tests.support.attempts.attempt import Attacker, Attempt, Target
from tests.support.refused import Refused

EVERYBODY = ("search", "platform")
DENIED = "AccessDenied"


def see(who: Attacker, target: Target) -> None:
    """A bucket in the listing of buckets; one's own is there always."""
    with who.team.account.client() as s3:
        names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert who.team.name in names
    if target.bucket not in names:
        raise Refused("object store", f"only {', '.join(names)} is listed")


def read_bucket(who: Attacker, target: Target) -> None:
    with who.team.account.client() as s3:
        s3.list_objects_v2(Bucket=target.bucket, MaxKeys=1)


def read(who: Attacker, target: Target) -> None:
    with who.team.account.client() as s3:
        assert s3.get_object(Bucket=target.bucket, Key=target.key)["Body"].read()


def write(who: Attacker, target: Target) -> None:
    with who.team.account.client() as s3:
        s3.put_object(Bucket=target.bucket, Key="e2e/written", Body=b"of a test")


def copy(who: Attacker, target: Target) -> None:
    """Into one's own bucket, by the gateway itself."""
    source = f"{target.bucket}/{target.key}"
    with who.team.account.client() as s3:
        s3.copy_object(Bucket=who.team.name, Key="e2e/copied", CopySource=source)


def delete(who: Attacker, target: Target) -> None:
    with who.team.account.client() as s3:
        s3.delete_object(Bucket=target.bucket, Key="e2e/written")


def open_to_itself(who: Attacker, target: Target) -> None:
    """A policy that lets the team in."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [who.team.name]},
        "Action": ["s3:*"],
        "Resource": [f"arn:aws:s3:::{target.bucket}", f"arn:aws:s3:::{target.bucket}/*"],
    }
    with who.team.account.client() as s3:
        s3.put_bucket_policy(
            Bucket=target.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )
        s3.delete_bucket_policy(Bucket=target.bucket)


ATTEMPTS = (
    Attempt("bucket-see", "is listed", see, EVERYBODY),
    Attempt("bucket-list", DENIED, read_bucket, EVERYBODY),
    Attempt("object-read", DENIED, read),
    Attempt("object-write", DENIED, write, EVERYBODY),
    Attempt("object-copy", DENIED, copy),
    Attempt("object-delete", DENIED, delete, EVERYBODY),
    Attempt("bucket-open-to-itself", DENIED, open_to_itself, EVERYBODY),
)
