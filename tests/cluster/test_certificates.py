import base64
import datetime as dt
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.cluster.certificates import Authority, Identity, kubeconfig

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
SERVER = Identity("server", "kube-apiserver", addresses=("10.95.0.1",), names=("kubernetes.default.svc",))
ADMIN = Identity("admin", "kubernetes-admin", "system:masters")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates", NOW)


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_authority_has_signed(authority: Authority) -> None:
    certificate, _ = authority.key_pair(ADMIN)
    load(certificate).verify_directly_issued_by(load(authority.certificate))


def test_a_client_has_its_name_and_group_and_serves_nothing(authority: Authority) -> None:
    certificate = load(authority.key_pair(ADMIN)[0])
    names = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert names == {NameOID.COMMON_NAME: "kubernetes-admin", NameOID.ORGANIZATION_NAME: "system:masters"}
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_server_is_known_by_its_names_and_addresses(authority: Authority) -> None:
    certificate = load(authority.key_pair(SERVER)[0])
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["kubernetes.default.svc"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.95.0.1"]


def test_keys_are_for_the_owner_only(authority: Authority) -> None:
    for path in (authority.key_pair(ADMIN)[1], authority.service_account_key()):
        assert path.stat().st_mode & 0o077 == 0


def test_what_is_there_stays(authority: Authority, tmp_path: Path) -> None:
    before = authority.key_pair(ADMIN)[0].read_bytes(), authority.service_account_key().read_bytes()
    again = Authority(tmp_path / "certificates", NOW)
    assert (again.key_pair(ADMIN)[0].read_bytes(), again.service_account_key().read_bytes()) == before


def test_a_kubeconfig_needs_no_other_file(authority: Authority) -> None:
    certificate, key = authority.key_pair(ADMIN)
    config = json.loads(kubeconfig("https://10.95.0.1:6443", authority.certificate, certificate, key))
    user = config["users"][0]["user"]
    assert base64.b64decode(user["client-key-data"]) == key.read_bytes()
    assert base64.b64decode(user["client-certificate-data"]) == certificate.read_bytes()
    assert config["clusters"][0]["cluster"]["server"] == "https://10.95.0.1:6443"
