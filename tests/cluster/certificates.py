"""The cluster's certificates: one authority, and a short-lived key pair per component.

Names and groups are those that Kubernetes' bootstrap roles are bound to
(https://kubernetes.io/docs/setup/best-practices/certificates/).
"""

import base64
import datetime as dt
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = dt.timedelta(days=365)


@dataclass(frozen=True)
class Identity:
    """Whom a certificate speaks for. With `addresses` or `names` it also serves under these."""

    file: str
    common_name: str
    organization: str | None = None
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Authority:
    """Signs certificates into one directory, `<file>.crt` and `<file>.key`; what is already there stays."""

    def __init__(self, directory: Path, now: dt.datetime) -> None:
        self._directory = directory
        self._now = now
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.certificate = directory / "ca.crt"
        if not self.certificate.exists():
            self._found()

    def key_pair(self, identity: Identity) -> tuple[Path, Path]:
        """Certificate and key."""
        certificate, key = self._paths(identity.file)
        if not certificate.exists():
            self._sign(identity)
        return certificate, key

    def service_account_key(self) -> Path:
        """What the API server signs and checks the tokens of service accounts with."""
        path = self._directory / "service-accounts.key"
        if not path.exists():
            _write_secret(path, _pem(ec.generate_private_key(ec.SECP256R1())))
        return path

    def _paths(self, file: str) -> tuple[Path, Path]:
        return self._directory / f"{file}.crt", self._directory / f"{file}.key"

    def _found(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "oneroster-cluster")])
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            self._builder(subject, subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        self._write("ca", certificate, key)

    def _sign(self, identity: Identity) -> None:
        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        _, authority_key_file = self._paths("ca")
        authority_key = serialization.load_pem_private_key(authority_key_file.read_bytes(), password=None)
        assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in identity.names]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in identity.addresses]
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH] + ([ExtendedKeyUsageOID.SERVER_AUTH] if names else [])
        builder = self._builder(_subject(identity), authority.subject, key.public_key()).add_extension(
            x509.ExtendedKeyUsage(usages), critical=False
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        self._write(identity.file, builder.sign(authority_key, hashes.SHA256()), key)

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - dt.timedelta(hours=1))
            .not_valid_after(self._now + LIFETIME)
        )

    def _write(self, file: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        certificate_path, key_path = self._paths(file)
        _write_secret(key_path, _pem(key))
        certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def kubeconfig(server: str, authority: Path, certificate: Path, key: Path) -> str:
    """A kubeconfig (JSON, which is YAML) that carries everything it needs. Holds the key: keep it from others."""

    def embedded(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "oneroster",
                    "cluster": {"server": server, "certificate-authority-data": embedded(authority)},
                }
            ],
            "users": [
                {
                    "name": "oneroster",
                    "user": {"client-certificate-data": embedded(certificate), "client-key-data": embedded(key)},
                }
            ],
            "contexts": [{"name": "oneroster", "context": {"cluster": "oneroster", "user": "oneroster"}}],
            "current-context": "oneroster",
        },
        indent=1,
    )


def _subject(identity: Identity) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, identity.common_name)]
    if identity.organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, identity.organization))
    return x509.Name(attributes)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # As SEC 1 ("EC PRIVATE KEY"): the API server takes a service account key in no other form.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
