"""A bucket and an account that owns it, both of one name, on an S3 gateway (versitygw), by its admin API."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import botocore.session
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, HTTPClientError
from botocore.httpsession import URLLib3Session

from .errors import ToolError, first_line, unreachable
from .http import ON_ITS_WAY

log = logging.getLogger(__name__)


def reason(text: str) -> str:
    """Code and message of an S3 error; the rest of it repeats the request."""
    parts = (re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("Code", "Message"))
    return ": ".join(part[1] for part in parts if part) or first_line(text)


@dataclass(frozen=True)
class Gateway:
    """The gateway as its root account."""

    endpoint: str
    region: str
    access: str
    secret: str = field(repr=False)

    def give(self, name: str, secret: str) -> None:
        """Account and bucket as wanted, whatever is there already. The account can make nothing else."""
        fields = f"<Secret>{escape(secret)}</Secret><Role>user</Role>"
        account = f"<Account><Access>{escape(name)}</Access>{fields}</Account>"
        if self._ask("/create-user", account, there=HTTPStatus.CONFLICT) is not None:
            log.info("account %s made", name)
        else:
            self._ask(f"/update-user?access={quote(name)}", f"<MutableProps>{fields}</MutableProps>")
        owner = self._owners().get(name)
        if owner is None:
            self._ask(f"/{quote(name)}/create", headers={"x-vgw-owner": name}, there=HTTPStatus.CONFLICT)
            log.info("bucket %s made", name)
        elif owner != name:
            # Also takes away what the bucket's policy allows, so not without need.
            self._give_away(name, name)

    def end(self, name: str) -> None:
        """No access from now on: the account is gone, its bucket is the root account's. Objects stay."""
        self._ask(f"/delete-user?access={quote(name)}")
        if name in self._owners():
            self._give_away(name, self.access)

    def purge(self, name: str) -> None:
        """Neither account nor bucket, whatever of them is there."""
        self.end(name)
        if name not in self._owners():
            return
        client = self._client()
        try:
            _empty(client, name)
            client.delete_bucket(Bucket=name)
        except ClientError as error:
            raise ToolError(f"{self._where()}: {first_line(error)}") from None
        except BotoCoreError as error:
            raise unreachable(self._where(), error) from None

    def _where(self) -> str:
        return f"object store at {self.endpoint}"

    def _owners(self) -> dict[str, str]:
        """The account that owns each bucket."""
        listed = ElementTree.fromstring(self._ask("/list-buckets") or "")  # noqa: S314 - the gateway's own answer
        found = {}
        for bucket in listed.iter():
            fields = {part.tag.rpartition("}")[2]: part.text or "" for part in bucket}
            if {"Name", "Owner"} <= set(fields):
                found[fields["Name"]] = fields["Owner"]
        return found

    def _give_away(self, bucket: str, owner: str) -> None:
        self._ask(f"/change-bucket-owner?bucket={quote(bucket)}&owner={quote(owner)}")

    def _ask(
        self, path: str, body: str = "", headers: dict[str, str] | None = None, there: HTTPStatus | None = None
    ) -> str | None:
        """The text of a signed request's answer; None if its status is `there`, which says that it is done already."""
        request = AWSRequest("PATCH", f"{self.endpoint}{path}", data=body.encode(), headers=dict(headers or {}))
        S3SigV4Auth(Credentials(self.access, self.secret), "s3", self.region).add_auth(request)
        try:
            answer = URLLib3Session(timeout=10).send(request.prepare())
        except (EndpointConnectionError, HTTPClientError) as error:
            raise unreachable(self._where(), error) from None
        if answer.status_code == there:
            return None
        if answer.status_code in ON_ITS_WAY:
            raise unreachable(self._where(), answer.status_code)
        if answer.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED):
            what = path.partition("?")[0]
            raise ToolError(f"{self._where()}: {what}: {answer.status_code} {reason(answer.text)}")
        return str(answer.text)

    def _client(self) -> Any:
        """The whole of S3, for buckets' content. Loads much, so only when something is purged."""
        return botocore.session.Session().create_client(
            "s3",
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access,
            aws_secret_access_key=self.secret,
            config=Config(
                s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=60, retries={"max_attempts": 3}
            ),
        )


def _empty(client: Any, bucket: str) -> None:
    """Remove every version of every object, and what was uploaded in parts and never ended."""
    for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in found]
        if objects:
            answer = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            for error in answer.get("Errors", [])[:1]:
                raise ToolError(f"object store: {error['Key']}: {error.get('Code')}: {error.get('Message')}")
