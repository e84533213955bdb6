"""Make a bucket and an account that owns it, by the admin API of versitygw. Runs in a Job, any number of times.

Environment: ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the root account, BUCKET (name of it
and of the account), ACCOUNT_SECRET_KEY.
"""

from __future__ import annotations

import os
import re
import sys
import time
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import EndpointConnectionError, HTTPClientError
from botocore.httpsession import URLLib3Session

SECONDS = 60


class Refused(Exception):  # noqa: N818 - what happened, not a bug
    """The gateway's answer, which names what is wrong and holds no secret."""


def reason(text: str) -> str:
    """Code and message of an S3 error; the rest of it repeats the request."""
    parts = (re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("Code", "Message"))
    return ": ".join(part[1] for part in parts if part) or text[:200]


class Gateway:
    """The gateway as its root account."""

    def __init__(self, endpoint: str, region: str, access: str, secret: str) -> None:
        self.endpoint = endpoint
        self.signer = S3SigV4Auth(Credentials(access, secret), "s3", region)
        self.session = URLLib3Session(timeout=10)

    def ask(self, method: str, path: str, body: str = "", headers: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and reason of a signed request; waits for a gateway that is on its way up."""
        until = time.monotonic() + SECONDS
        while True:
            # The payload's hash is part of the signature, and S3 wants to see it.
            request = AWSRequest(method, f"{self.endpoint}{path}", data=body.encode(), headers=dict(headers or {}))
            self.signer.add_auth(request)
            try:
                answer = self.session.send(request.prepare())
            except (EndpointConnectionError, HTTPClientError):
                if time.monotonic() > until:
                    raise
                time.sleep(1)
                continue
            return answer.status_code, reason(answer.text)

    def account(self, name: str, secret: str) -> None:
        """An account that can use what it owns and make nothing else."""
        fields = f"<Secret>{escape(secret)}</Secret><Role>user</Role>"
        status, text = self.ask("PATCH", "/create-user", f"<Account><Access>{escape(name)}</Access>{fields}</Account>")
        if status == 201:
            print(f"account {name} made")
        elif status == 409:
            self._must(*self.ask("PATCH", f"/update-user?access={name}", f"<MutableProps>{fields}</MutableProps>"))
        else:
            raise Refused(f"create-user: {status} {text}")

    def bucket(self, name: str) -> None:
        """A bucket that the account of its name owns."""
        status, text = self.ask("PATCH", f"/{name}/create", headers={"x-vgw-owner": name})
        if status == 201:
            print(f"bucket {name} made")
        elif status != 409:
            raise Refused(f"create bucket: {status} {text}")
        self._must(*self.ask("PATCH", f"/change-bucket-owner?bucket={name}&owner={name}"))

    def _must(self, status: int, text: str) -> None:
        if status not in (200, 201):
            raise Refused(f"{status} {text}")


def main() -> int:
    """Grant what the environment names."""
    name = os.environ["BUCKET"]
    gateway = Gateway(
        os.environ["ENDPOINT"],
        os.environ["AWS_REGION"],
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
    )
    try:
        gateway.account(name, os.environ["ACCOUNT_SECRET_KEY"])
        gateway.bucket(name)
    except (Refused, HTTPClientError, EndpointConnectionError) as error:
        print(f"{gateway.endpoint}: {error}", file=sys.stderr)
        return 1
    print(f"account {name} owns bucket {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
