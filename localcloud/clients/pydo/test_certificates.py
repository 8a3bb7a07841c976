"""Certificates: uploaded ones and issued ones."""

import datetime
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def pair(name):
    """A certificate for a name and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin.replace(year=2031))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(encoding, form, serialization.NoEncryption())
    fingerprint = certificate.fingerprint(hashes.SHA1()).hex()
    return certificate.public_bytes(encoding).decode(), private.decode(), fingerprint


def test_an_uploaded_certificate(cloud):
    leaf, key, fingerprint = pair("www.uploaded.example")
    order = {"name": "web", "type": "custom", "leaf_certificate": leaf, "private_key": key}
    certificate = cloud(201, "certificates.create", order)["certificate"]
    assert certificate["sha1_fingerprint"] == fingerprint
    assert (certificate["not_after"], certificate["state"]) == ("2031-01-02T00:00:00Z", "verified")
    assert certificate["dns_names"] == ["www.uploaded.example"]
    assert cloud(200, "certificates.get", certificate["id"])["certificate"] == certificate
    assert cloud(200, "certificates.list", name="web")["certificates"] == [certificate]
    cloud(422, "certificates.create", order)
    cloud(422, "certificates.create", order | {"name": "odd", "private_key": pair("other.example")[1]})
    cloud(422, "certificates.create", order | {"name": "bad", "leaf_certificate": "nonsense"})
    cloud(204, "certificates.delete", certificate["id"])
    cloud.gone("certificates.get", certificate["id"])
    cloud.gone("certificates.delete", certificate["id"])


def test_an_issued_certificate(cloud):
    order = {"name": "auto", "type": "lets_encrypt", "dns_names": ["issued.example", "*.issued.example"]}
    cloud(422, "certificates.create", order)
    cloud(201, "domains.create", {"name": "issued.example"})
    certificate = cloud(201, "certificates.create", order)["certificate"]
    assert certificate["state"] == "pending"
    while (certificate := cloud(200, "certificates.get", certificate["id"])["certificate"])["state"] == "pending":
        time.sleep(0.1)
    assert certificate["state"] == "verified" and certificate["sha1_fingerprint"]
    cloud(204, "certificates.delete", certificate["id"])
    cloud(204, "domains.delete", "issued.example")
