"""The object store as any account sees it, at its Service's address, which this machine reaches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from tests.support.cluster import Cluster
from tests.support.refused import Refused

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
REFUSALS = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "403", "404")


def endpoint(cluster: Cluster) -> str:
    """Where the gateway is."""
    spec = cluster.get("service", "-n", "mlp-foundation", "object-store")["spec"]
    return f"http://{spec['clusterIP']}:{spec['ports'][0]['port']}"


@dataclass(frozen=True)
class Account:
    """An account with its keys."""

    endpoint: str
    name: str
    secret_key: str = field(repr=False)

    @contextmanager
    def client(self) -> Iterator[S3Client]:
        """boto3's client, whose refusals become `Refused`."""
        settings = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.name,
            aws_secret_access_key=self.secret_key,
            config=settings,
        )
        try:
            yield client
        except ClientError as error:
            if (code := error.response["Error"]["Code"]) in REFUSALS:
                raise Refused("object store", f"{code}: {error}") from None
            raise
        finally:
            client.close()

    def admin(self, method: str, path: str, body: str = "") -> str:
        """A request to the gateway's admin API, signed by this account.

        Raises:
            Refused: It isn't for this account.
        """
        request = AWSRequest(method, f"{self.endpoint}{path}", data=body.encode())
        S3SigV4Auth(Credentials(self.name, self.secret_key), "s3", REGION).add_auth(request)
        answer = URLLib3Session(timeout=10).send(request.prepare())
        if answer.status_code in (401, 403, 404):
            raise Refused("object store", f"{answer.status_code} {answer.text[:300]}")
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return str(answer.text)
