"""A bucket as folders and files: what a file browser asks of it, by the object store's own API.

Nothing is kept between two calls, so that what pipelines write is there at once. Every failure is a `DriveError` whose
text a person can act upon: a wrong key is theirs to see, and no reason for a server to end.
"""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import IO, Any

OPENED_BYTES = 64 * 2**20
"""What is opened in the browser goes through the server's memory: larger objects are for code."""
MOVED_OBJECTS = 1000
"""A folder of more objects isn't renamed: each of them is copied."""
REFUSED = {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
MISSING = {"NoSuchKey", "NoSuchBucket", "404", "NotFound"}
FOLDER_TYPE = "application/x-directory"


class DriveError(Exception):
    """What the bucket refused, as an HTTP status and a sentence for people."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Entry:
    """A file or folder of the bucket."""

    path: str
    """Its key, without a slash at the end; empty for the bucket itself."""
    folder: bool
    size: int | None = None
    modified: datetime = field(default_factory=_now)
    """A folder has no date of its own: it is as new as the look at it."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rsplit("/", 1)[-1]


@cache
def connect() -> Any:
    """A client with the keys and the endpoint of the environment (AWS_*)."""
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=5, read_timeout=60, retries={"max_attempts": 2, "mode": "standard"})
    # A session of its own: boto3 keeps the keys of its common one for good.
    return boto3.Session().client("s3", config=limits)


def of_environment() -> Drive | None:
    """The team's bucket, or None where the environment names none."""
    bucket = os.environ.get("TEAM_BUCKET", "")
    return Drive(bucket, connect) if bucket else None


class Drive:
    """One bucket. Paths have no slash at either end; a folder is what has something below it, or an empty `name/`."""

    def __init__(self, bucket: str, client: Callable[[], Any]) -> None:
        self.bucket = bucket
        self._client = client

    def entries(self, folder: str) -> list[Entry]:
        """What is in a folder, sorted by name.

        Raises:
            DriveError: 404 for a folder that isn't there; or what the object store said.
        """
        prefix = f"{folder}/" if folder else ""
        found: dict[str, Entry] = {}
        there = not folder
        for page in self._pages(prefix, delimiter="/"):
            for item in page.get("CommonPrefixes", ()):
                there, path = True, str(item["Prefix"]).rstrip("/")
                found[path] = Entry(path, folder=True)
            for item in page.get("Contents", ()):
                there, key = True, str(item["Key"])
                if not key.endswith("/"):
                    found.setdefault(key, Entry(key, False, int(item["Size"]), item["LastModified"]))
        if not there:
            raise DriveError(404, f"there is no folder {folder!r} in the bucket {self.bucket}")
        return sorted(found.values(), key=lambda entry: entry.path)

    def entry(self, path: str) -> Entry | None:
        """The file or folder of that path, or None."""
        if not path:
            return Entry("", folder=True)
        return self._file(path) or self._folder(path)

    def read(self, path: str) -> bytes:
        """A file's content, unless it is too large for a browser."""
        with self._explained(path):
            answer = self._client().get_object(Bucket=self.bucket, Key=path)
            if answer["ContentLength"] > OPENED_BYTES:
                answer["Body"].close()
                raise DriveError(
                    413,
                    f"{path} has {answer['ContentLength'] / 2**20:.0f} MiB, too much for a browser: "
                    f'read s3://{self.bucket}/{path} in a notebook, as pandas.read_parquet("s3://...") does',
                )
            return bytes(answer["Body"].read())

    def write(self, path: str, content: IO[bytes]) -> None:
        """Make or replace a file; nobody sees a part of it."""
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        with self._explained(path):
            self._client().upload_fileobj(content, self.bucket, path, ExtraArgs={"ContentType": kind})

    def make_folder(self, path: str) -> None:
        """Make an empty folder, unless it is there."""
        if self._file(path):
            raise DriveError(409, f"{path} is a file")
        with self._explained(path):
            self._client().put_object(Bucket=self.bucket, Key=f"{path}/", ContentType=FOLDER_TYPE)

    def delete(self, path: str) -> None:
        """Remove a file, or a folder that has nothing in it."""
        if (entry := self.entry(path)) is None:
            raise DriveError(404, f"there is no {path!r} in the bucket {self.bucket}")
        if entry.folder and self.entries(path):
            raise DriveError(400, f"the folder {path!r} isn't empty: delete what is in it first")
        with self._explained(path):
            self._client().delete_object(Bucket=self.bucket, Key=f"{path}/" if entry.folder else path)

    def rename(self, old: str, new: str) -> None:
        """Move a file or a folder: an object store copies each object, then removes it."""
        if (entry := self.entry(old)) is None:
            raise DriveError(404, f"there is no {old!r} in the bucket {self.bucket}")
        if self.entry(new) is not None:
            raise DriveError(409, f"there is a {new!r} already")
        if entry.folder and f"{new}/".startswith(f"{old}/"):
            raise DriveError(400, f"{old!r} can't be moved into itself")
        keys = self._below(old) if entry.folder else [old]
        for key in keys:
            with self._explained(key):
                source = {"Bucket": self.bucket, "Key": key}
                self._client().copy(source, self.bucket, new + key[len(old) :])
        # The deepest first: some stores keep real folders, which must be empty to go.
        for key in sorted(keys, key=len, reverse=True):
            with self._explained(key):
                self._client().delete_object(Bucket=self.bucket, Key=key)

    def _below(self, folder: str) -> list[str]:
        keys: list[str] = []
        for page in self._pages(f"{folder}/"):
            keys += [str(item["Key"]) for item in page.get("Contents", ())]
            if len(keys) > MOVED_OBJECTS:
                raise DriveError(400, f"{folder!r} has more than {MOVED_OBJECTS} objects: move it by code")
        return keys

    def _file(self, path: str) -> Entry | None:
        try:
            with self._explained(path):
                head = self._client().head_object(Bucket=self.bucket, Key=path)
        except DriveError as error:
            if error.status == 404:
                return None
            raise
        # A store that keeps real folders says of one that it is there.
        if head.get("ContentType") == FOLDER_TYPE:
            return None
        return Entry(path, False, int(head["ContentLength"]), head["LastModified"])

    def _folder(self, path: str) -> Entry | None:
        with self._explained(path):
            found = self._client().list_objects_v2(Bucket=self.bucket, Prefix=f"{path}/", MaxKeys=1)
        return Entry(path, folder=True) if found.get("Contents") else None

    def _pages(self, prefix: str, delimiter: str = "") -> Iterator[dict[str, Any]]:
        with self._explained(prefix):
            pages = self._client().get_paginator("list_objects_v2")
            yield from pages.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter=delimiter)

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        from boto3.exceptions import S3UploadFailedError
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in REFUSED:
                raise DriveError(
                    403, f"the object store refuses these keys for {self.bucket}/{path} ({code})"
                ) from None
            if code in MISSING:
                raise DriveError(404, f"there is no {path!r} in the bucket {self.bucket}") from None
            raise DriveError(502, f"the object store says {code} for {self.bucket}/{path}") from None
        except S3UploadFailedError as error:
            status = 403 if any(f"({code})" in str(error) for code in REFUSED) else 502
            raise DriveError(status, f"the object store didn't take {self.bucket}/{path}: {error}") from None
        except BotoCoreError as error:
            raise DriveError(502, f"the object store doesn't answer: {error}") from None
