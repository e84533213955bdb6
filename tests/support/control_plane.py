"""A real API server without a node, on loopback, for tests of the engine and the provider.

etcd, kube-apiserver and the controller-manager (so that namespaces end and owners are followed); no kubelet, so no pod
ever runs. Ready in a few seconds:

    with ControlPlane(folder) as plane:
        run(env={"KUBECONFIG": str(plane.kubeconfig)})
"""

from __future__ import annotations

import os
import secrets
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.ports import free_port

NAMES = ("etcd", "kube-apiserver", "kube-controller-manager")


def binaries() -> dict[str, Path]:
    """The programs that a control plane needs: from MLP_TEST_BINARIES, else those that the toolchain built.

    Raises:
        FileNotFoundError: One of them isn't there; `make images` builds it.
    """
    found = {}
    for name in NAMES:
        path = _given(name) or _built(name)
        if path is None or not path.is_file():
            raise FileNotFoundError(f"{name} isn't built yet: run `make up` or set MLP_TEST_BINARIES to its folder")
        found[name] = path
    return found


def _given(name: str) -> Path | None:
    folder = os.environ.get("MLP_TEST_BINARIES")
    return Path(folder) / name if folder else None


def _built(name: str) -> Path | None:
    from local.toolchain import gobinaries

    return gobinaries.path_of(name) if name in gobinaries.BINARIES else None


class ControlPlane:
    """A control plane that lives in a folder and ends with its context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._port = free_port()
        self._token = secrets.token_urlsafe(24)

    def __enter__(self) -> ControlPlane:
        programs = binaries()
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._start(programs)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the processes and remove their data."""
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._processes.clear()
        shutil.rmtree(self.folder / "etcd", ignore_errors=True)

    def log(self, name: str) -> str:
        """What one of the three programs wrote."""
        return (self.folder / f"{name}.log").read_text()

    def _start(self, programs: dict[str, Path]) -> None:
        client, peer = free_port(), free_port()
        self._write_credentials()
        self._run(
            programs["etcd"],
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls=http://127.0.0.1:{client}",
            f"--advertise-client-urls=http://127.0.0.1:{client}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster=default=http://127.0.0.1:{peer}",
            "--unsafe-no-fsync",
        )
        self._run(
            programs["kube-apiserver"],
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{client}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self._port}",
            f"--cert-dir={self.folder / 'certificates'}",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder / 'tokens'}",
            f"--service-account-key-file={self.folder / 'service-account.key'}",
            f"--service-account-signing-key-file={self.folder / 'service-account.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=100.67.0.0/24",
            "--endpoint-reconciler-type=none",
        )
        self._wait_ready()
        self._run(
            programs["kube-controller-manager"],
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig}",
            f"--service-account-private-key-file={self.folder / 'service-account.key'}",
            "--use-service-account-credentials=false",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            "--secure-port=0",
        )
        self._wait_for_default_account()

    def _write_credentials(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        (self.folder / "service-account.key").write_bytes(pem)
        (self.folder / "tokens").write_text(f"{self._token},admin,admin,system:masters\n")
        named = {"name": "mlplatform"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    **named,
                    # The certificate is self-signed and made at start; the server is this test's own, on loopback.
                    "cluster": {"server": f"https://127.0.0.1:{self._port}", "insecure-skip-tls-verify": True},
                }
            ],
            "users": [{**named, "user": {"token": self._token}}],
            "contexts": [{**named, "context": {"cluster": "mlplatform", "user": "mlplatform"}}],
            "current-context": "mlplatform",
        }
        self.kubeconfig.write_text(yaml.safe_dump(config))

    def _run(self, program: Path, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen([program, *arguments], stdout=log, stderr=log, cwd=self.folder)
        self._processes.append(process)

    def _get(self, path: str) -> int:
        request = urllib.request.Request(f"https://127.0.0.1:{self._port}{path}")
        request.add_header("Authorization", f"Bearer {self._token}")
        insecure = ssl.create_default_context()
        insecure.check_hostname = False
        insecure.verify_mode = ssl.CERT_NONE
        try:
            with urllib.request.urlopen(request, context=insecure, timeout=5) as answer:
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def _wait_ready(self) -> None:
        self._wait("/readyz", "kube-apiserver")

    def _wait_for_default_account(self) -> None:
        self._wait("/api/v1/namespaces/default/serviceaccounts/default", "kube-controller-manager")

    def _wait(self, path: str, name: str, seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        while self._get(path) != 200:
            for process in self._processes:
                if process.poll() is not None:
                    raise RuntimeError(f"{process.args!r} ended:\n{self.log(name)[-2000:]}")
            if time.monotonic() > end:
                raise TimeoutError(f"{path} isn't answered after {seconds:.0f} s:\n{self.log(name)[-2000:]}")
            time.sleep(0.2)
