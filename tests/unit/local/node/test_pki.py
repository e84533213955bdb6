from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.node import kubelet_certificate, pki, users
from local.node.config import NodeConfig
from local.node.layout import Layout
from local.toolchain import gobinaries

CONFIG = NodeConfig()


def authority(folder: Path, days: int = 3650) -> None:
    """Write ca.crt and ca.key as kubeadm does."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "ca.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


def test_the_kubelets_certificate_is_the_authoritys_and_names_the_node(tmp_path: Path) -> None:
    authority(tmp_path)
    kubelet_certificate.issue(tmp_path, CONFIG)
    made = x509.load_pem_x509_certificate((tmp_path / "kubelet-server.crt").read_bytes())
    made.verify_directly_issued_by(x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes()))
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["100.64.0.1"]
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert stat.S_IMODE((tmp_path / "kubelet-server.key").stat().st_mode) == 0o600


def test_it_is_kept_until_the_authority_changes(tmp_path: Path) -> None:
    authority(tmp_path)
    kubelet_certificate.issue(tmp_path, CONFIG)
    first = (tmp_path / "kubelet-server.crt").read_text()
    kubelet_certificate.issue(tmp_path, CONFIG)
    assert (tmp_path / "kubelet-server.crt").read_text() == first
    authority(tmp_path)
    kubelet_certificate.issue(tmp_path, CONFIG)
    assert (tmp_path / "kubelet-server.crt").read_text() != first


def test_certificates_are_renewed_thirty_days_before_their_end(tmp_path: Path) -> None:
    authority(tmp_path, days=100)
    certificate, now = tmp_path / "ca.crt", datetime.now(UTC)
    assert pki.ending_soon([certificate], now) == []
    assert pki.ending_soon([certificate], now + timedelta(days=69)) == []
    assert pki.ending_soon([certificate], now + timedelta(days=71)) == [certificate]


def test_a_person_sees_one_name_in_the_kubeconfig() -> None:
    admin = yaml.safe_dump(
        {
            "clusters": [{"name": "x", "cluster": {"server": "https://100.64.0.1:6443"}}],
            "users": [{"name": "kubernetes-admin", "user": {"client-key-data": "a"}}],
            "contexts": [{"name": "kubernetes-admin@x", "context": {}}],
        }
    )
    made = yaml.safe_load(pki.user_kubeconfig(admin, "mlplatform"))
    assert made["current-context"] == made["contexts"][0]["name"] == made["clusters"][0]["name"] == "mlplatform"
    assert made["contexts"][0]["context"] == {"cluster": "mlplatform", "user": made["users"][0]["name"]}
    assert made["users"][0]["user"] == {"client-key-data": "a"}
    assert made["clusters"][0]["cluster"] == {"server": "https://100.64.0.1:6443"}


def test_kubeadm_is_told_the_nodes_addresses() -> None:
    layout = Layout(Path("/home/node"), Path("/run/x"))
    init, cluster = yaml.safe_load_all(pki.kubeadm_settings(NodeConfig(api_port=7443), layout, "v1.35.4"))
    assert init["localAPIEndpoint"] == {"advertiseAddress": "100.64.0.1", "bindPort": 7443}
    assert cluster["certificatesDir"] == "/home/node/pki"
    assert cluster["networking"] == {"serviceSubnet": "100.64.32.0/20", "podSubnet": "100.64.16.0/20"}


@pytest.fixture
def kubeadm() -> Path:
    found = gobinaries.path_of("kubeadm")
    if not found.exists() or os.geteuid() != 0:
        pytest.skip("needs root and kubeadm, which `mlp up` builds")
    return found


def test_kubeadm_makes_all_and_each_user_may_read_its_own(tmp_path: Path, kubeadm: Path) -> None:
    layout = Layout(tmp_path / "node", tmp_path / "run")
    assert pki.ensure(layout, CONFIG, kubeadm, gobinaries.KUBERNETES) is False
    for owner, names in users.FILES.items():
        for name in names:
            status = (layout.data / name).stat()
            assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (owner.uid, owner.gid, 0o440), name
    listed = {layout.data / name for names in users.FILES.values() for name in names}
    secrets = {*layout.pki.rglob("*.key"), *layout.kubeconfigs.glob("*.conf")} - listed
    assert secrets
    for path in secrets:
        assert (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) == (0, 0o600), path


def test_ending_certificates_are_made_anew_by_the_same_authority(
    tmp_path: Path, kubeadm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path / "node", tmp_path / "run")
    pki.ensure(layout, CONFIG, kubeadm, gobinaries.KUBERNETES)
    before, authority_before = pki.digest(layout), (layout.pki / "ca.crt").read_text()
    kubeconfigs = {path.name: path.read_text() for path in layout.kubeconfigs.glob("*.conf")}
    assert pki.ensure(layout, CONFIG, kubeadm, gobinaries.KUBERNETES) is False
    assert pki.digest(layout) == before
    monkeypatch.setattr(pki, "RENEW_BEFORE", timedelta(days=366))
    assert pki.ending(layout)
    assert pki.ensure(layout, CONFIG, kubeadm, gobinaries.KUBERNETES) is True
    assert pki.digest(layout) != before
    assert (layout.pki / "ca.crt").read_text() == authority_before
    for name, text in kubeconfigs.items():
        assert (layout.kubeconfigs / name).read_text() != text
    leaf = x509.load_pem_x509_certificate((layout.pki / "apiserver.crt").read_bytes())
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority_before.encode()))


def test_a_first_time_that_was_cut_short_is_finished(tmp_path: Path, kubeadm: Path) -> None:
    layout = Layout(tmp_path / "node", tmp_path / "run")
    pki.ensure(layout, CONFIG, kubeadm, gobinaries.KUBERNETES)
    (layout.kubeconfigs / "policing.conf").unlink()
    (layout.kubeconfigs / "scheduler.conf").unlink()
    (layout.pki / "front-proxy-client.crt").unlink()
    (layout.pki / "front-proxy-client.key").unlink()
    pki.ensure(layout, CONFIG, kubeadm, gobinaries.KUBERNETES)
    assert (layout.kubeconfigs / "scheduler.conf").exists()
    assert (layout.pki / "front-proxy-client.key").exists()
