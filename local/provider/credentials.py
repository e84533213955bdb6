"""Credentials of a kubeconfig's user: tokens, passwords, client certificates and exec plugins (as for EKS)."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from local.provider.errors import UnreachableError
from local.provider.kubeconfig import Access

_TOKEN_FILE_SECONDS = 60.0
_EARLY_SECONDS = 30.0


class Credentials:
    """What authenticates requests; renewed when a token file or an exec plugin says so."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._header = ""
        self._until = 0.0
        self._exec_status: dict[str, Any] = {}

    def header(self) -> str:
        """The Authorization header, empty when a client certificate does it."""
        with self._lock:
            if time.time() >= self._until:
                self._header, self._until = self._renew()
            return self._header

    def _renew(self) -> tuple[str, float]:
        user, forever = self._access.user, float("inf")
        if token := user.get("token"):
            return f"Bearer {token}", forever
        if path := user.get("tokenFile"):
            return f"Bearer {self._path(path).read_text().strip()}", time.time() + _TOKEN_FILE_SECONDS
        if user.get("username"):
            pair = f"{user['username']}:{user.get('password', '')}".encode()
            return f"Basic {base64.b64encode(pair).decode()}", forever
        if user.get("exec"):
            self._exec_status = self._run(user["exec"])
            expires = self._exec_status.get("expirationTimestamp")
            until = (
                datetime.fromisoformat(expires.replace("Z", "+00:00")).timestamp() - _EARLY_SECONDS
                if expires
                else forever
            )
            token = self._exec_status.get("token")
            return (f"Bearer {token}" if token else ""), until
        return "", forever

    def _run(self, plugin: dict[str, Any]) -> dict[str, Any]:
        command = [plugin["command"], *(plugin.get("args") or [])]
        info = {
            "apiVersion": plugin.get("apiVersion", "client.authentication.k8s.io/v1"),
            "kind": "ExecCredential",
            "spec": {"interactive": False},
        }
        given = {item["name"]: item["value"] for item in plugin.get("env") or []}
        environment = {**os.environ, **given, "KUBERNETES_EXEC_INFO": json.dumps(info)}
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
            return dict(json.loads(done.stdout).get("status") or {})
        except subprocess.CalledProcessError as error:
            raise UnreachableError(f"{plugin['command']} gave no credentials: {error.stderr.strip()[-500:]}") from None
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise UnreachableError(f"{plugin['command']} gave no credentials: {type(error).__name__}") from None

    def _path(self, value: str) -> Path:
        return self._access.folder / Path(value).expanduser()

    def _pem(self, source: dict[str, Any], key: str) -> bytes | None:
        if data := source.get(f"{key}-data"):
            return base64.b64decode(data)
        return self._path(source[key]).read_bytes() if source.get(key) else None

    def ssl_context(self) -> Any:
        """TLS with the cluster's CA and, if there is one, the user's client certificate."""
        import ssl

        cluster = self._access.cluster
        authority = self._pem(cluster, "certificate-authority")
        context = ssl.create_default_context(cadata=authority.decode() if authority else None)
        if cluster.get("insecure-skip-tls-verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.header()  # an exec plugin may bring a client certificate
        certificate = self._pem(self._access.user, "client-certificate")
        key = self._pem(self._access.user, "client-key")
        if not certificate and self._exec_status.get("clientCertificateData"):
            certificate = self._exec_status["clientCertificateData"].encode()
            key = self._exec_status["clientKeyData"].encode()
        if certificate and key:
            # The ssl module reads certificates from files alone; this one is 0600 and gone at once.
            with tempfile.NamedTemporaryFile() as file:
                file.write(certificate + b"\n" + key)
                file.flush()
                context.load_cert_chain(file.name)
        return context
