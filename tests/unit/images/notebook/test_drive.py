"""The bucket as a file browser sees it, on an S3 double; what a real store does differently is in the e2e tests."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from images.notebook.mlplatform_notebook import drive
from images.notebook.mlplatform_notebook.drive import Drive, DriveError

BUCKET = "team-x"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    with mock_aws():
        made = boto3.client("s3", region_name="us-east-1")
        made.create_bucket(Bucket=BUCKET)
        yield made


@pytest.fixture
def bucket(client: Any) -> Drive:
    found = Drive(BUCKET, lambda: client)
    for path in ("a.txt", "data/one.csv", "data/deep/two.csv"):
        found.write(path, io.BytesIO(path.encode()))
    return found


def names(bucket: Drive, folder: str = "") -> list[tuple[str, bool]]:
    return [(entry.name, entry.folder) for entry in bucket.entries(folder)]


def refused(status: int, *words: str) -> Any:
    return pytest.raises(DriveError, match=".*".join(words), check=lambda error: error.status == status)


def test_folders_are_what_has_something_below_it(bucket: Drive) -> None:
    assert names(bucket) == [("a.txt", False), ("data", True)]
    assert names(bucket, "data") == [("deep", True), ("one.csv", False)]
    found = bucket.entry("data")
    assert found is not None
    assert found.folder
    assert bucket.entry("dat") is None
    with refused(404, "no folder 'nothing'", BUCKET):
        bucket.entries("nothing")


def test_an_empty_folder_is_kept_and_goes(bucket: Drive) -> None:
    bucket.make_folder("new")
    assert ("new", True) in names(bucket)
    assert names(bucket, "new") == []
    bucket.delete("new")
    assert bucket.entry("new") is None


def test_what_is_written_is_read(bucket: Drive) -> None:
    bucket.write("x/y.txt", io.BytesIO(b"one"))
    bucket.write("x/y.txt", io.BytesIO(b"two"))
    assert bucket.read("x/y.txt") == b"two"
    entry = bucket.entry("x/y.txt")
    assert entry is not None
    assert (entry.size, entry.name) == (3, "y.txt")


def test_what_is_too_large_for_a_browser_is_said_with_the_way_that_works(
    bucket: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "OPENED_BYTES", 3)
    with refused(413, f"s3://{BUCKET}/a.txt"):
        bucket.read("a.txt")


@pytest.mark.parametrize(("old", "new"), [("a.txt", "b.txt"), ("a.txt", "data/a.txt"), ("data/deep", "deep")])
def test_a_file_and_a_folder_move(bucket: Drive, old: str, new: str) -> None:
    before = {
        entry.path: bucket.read(entry.path)
        for entry in bucket.entries(old.rpartition("/")[0])
        if entry.path == old and not entry.folder
    }
    bucket.rename(old, new)
    assert bucket.entry(old) is None
    assert bucket.entry(new) is not None
    for content in before.values():
        assert bucket.read(new) == content


def test_nothing_is_lost_by_a_move(bucket: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    with refused(409, "'data' already"):
        bucket.rename("a.txt", "data")
    with refused(400, "into itself"):
        bucket.rename("data", "data/deep/data")
    with refused(404, "no 'nothing'"):
        bucket.rename("nothing", "something")
    monkeypatch.setattr(drive, "MOVED_OBJECTS", 1)
    with refused(400, "more than 1 objects"):
        bucket.rename("data", "moved")
    assert bucket.read("data/deep/two.csv") == b"data/deep/two.csv"


def test_only_an_empty_folder_is_deleted(bucket: Drive) -> None:
    with refused(400, "isn't empty"):
        bucket.delete("data")
    bucket.delete("data/deep/two.csv")
    bucket.delete("data/one.csv")
    assert bucket.entry("data") is None
    with refused(404, "no 'data'"):
        bucket.delete("data")


class Broken:
    """A client whose every call fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name: str) -> Any:
        def call(*_: object, **__: object) -> Any:
            raise self.error

        return call


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ClientError({"Error": {"Code": "SignatureDoesNotMatch"}}, "GetObject"), 403, "refuses these keys"),
        (ClientError({"Error": {"Code": "403"}}, "HeadObject"), 403, "refuses these keys"),
        (ClientError({"Error": {"Code": "SlowDown"}}, "GetObject"), 502, "says SlowDown"),
        (EndpointConnectionError(endpoint_url="http://nowhere"), 502, "doesn't answer"),
    ],
)
def test_each_failure_is_a_sentence(error: Exception, status: int, said: str) -> None:
    bucket = Drive(BUCKET, lambda: Broken(error))
    for ask in (lambda: bucket.entries(""), lambda: bucket.read("a"), lambda: bucket.entry("a")):
        with refused(status, said):
            ask()


def test_without_a_bucket_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEAM_BUCKET", raising=False)
    assert drive.of_environment() is None
    monkeypatch.setenv("TEAM_BUCKET", BUCKET)
    found = drive.of_environment()
    assert found is not None
    assert found.bucket == BUCKET
