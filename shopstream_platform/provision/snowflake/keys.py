"""The service user's key pair: Snowflake gets the public half, the private half stays in a file of ours alone."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shopstream_platform.config import private_key

BITS = 2048


def public_key(path: Path, passphrase: str | None = None) -> str:
    """The public key of the private key in a file, as Snowflake's RSA_PUBLIC_KEY takes it; made if there is no file.

    `passphrase` counts where the key is encrypted. Raises ShopStreamError for a file that holds no key.
    """
    if not path.exists():
        _make(path)
    private = private_key.from_file(path, passphrase if is_encrypted(path) else None, setting="--key-file")
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "".join(public.decode().splitlines()[1:-1])


def is_encrypted(path: Path) -> bool:
    """Whether the key in the file has a passphrase, in either of OpenSSL's formats."""
    try:
        return b"ENCRYPTED" in path.read_bytes()
    except OSError:
        return False


def _make(path: Path) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Readable by nobody else from its first byte on.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
