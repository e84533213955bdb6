"""The kubelet's server certificate, signed by the cluster's authority.

The kubelet's own would be self-signed (metrics-server and API server would have to trust blindly) or need somebody
to approve a request at each start.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.node.config import NodeConfig
from local.node.files import write

VALID = timedelta(days=365)


def issue(pki: Path, config: NodeConfig) -> None:
    """Write kubelet-server.{crt,key}, unless there is one that this authority signed."""
    authority = x509.load_pem_x509_certificate((pki / "ca.crt").read_bytes())
    certificate, key = pki / "kubelet-server.crt", pki / "kubelet-server.key"
    if certificate.is_file() and key.is_file() and _signed_by(authority, certificate):
        return
    signer = serialization.load_pem_private_key((pki / "ca.key").read_bytes(), None)
    assert isinstance(signer, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)  # noqa: S101 - what kubeadm makes
    own = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [
        x509.DNSName(config.name),
        x509.IPAddress(ipaddress.ip_address(config.address)),
    ]
    subject = [(NameOID.ORGANIZATION_NAME, "system:nodes"), (NameOID.COMMON_NAME, f"system:node:{config.name}")]
    signed = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(oid, value) for oid, value in subject]))
        .issuer_name(authority.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    pem, form, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    write(key, own.private_bytes(pem, form, plain).decode())
    write(certificate, signed.public_bytes(pem).decode(), 0o644)


def _signed_by(authority: x509.Certificate, path: Path) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:
        return False
    return True
