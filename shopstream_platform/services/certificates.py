"""Certificates of one service for its own processes: who has none of them gets no word out of its inner ports."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shopstream_platform.config.files import write_private
from shopstream_platform.services.process.ports import LOOPBACK

ISSUER = "ShopStream home"
AUTHORITY, CERTIFICATE, KEY = "authority.pem", "certificate.pem", "key.pem"
# They live as long as the home, and a clock that is set back must not lock its owner out.
FROM, UNTIL = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)


def make_certificates(folder: Path) -> None:
    """Write an authority and a certificate with its key, for 127.0.0.1 as server and as client, unless they are there.

    The authority's own key is kept nowhere, so that nobody can make a second certificate; files that are damaged or do
    not fit together are made anew, all of them.
    """
    if _fit_together(folder):
        return
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = (
        _builder(ISSUER, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        _builder("ShopStream service", key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(folder / AUTHORITY, authority.public_bytes(pem).decode())
    write_private(folder / CERTIFICATE, certificate.public_bytes(pem).decode())
    # Last: a killed process leaves no set that looks whole but does not fit together.
    write_private(folder / KEY, private.decode())


def _fit_together(folder: Path) -> bool:
    try:
        authority, certificate = (
            x509.load_pem_x509_certificate((folder / name).read_bytes()) for name in (AUTHORITY, CERTIFICATE)
        )
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), password=None)
        certificate.verify_directly_issued_by(authority)
        authority.verify_directly_issued_by(authority)
    except (OSError, TypeError, ValueError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return key.public_key() == certificate.public_key()


def _builder(name: str, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
    )
