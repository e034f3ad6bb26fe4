"""The service user's key pair: Snowflake gets the public half, the private half stays in a file of ours alone."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shopstream_platform.config.errors import ShopStreamError

BITS = 2048


def public_key(path: Path) -> str:
    """The public key of the private key in a file, as Snowflake's RSA_PUBLIC_KEY takes it; made if there is no file."""
    if not path.exists():
        _make(path)
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise ShopStreamError(
            f"{path} is no unencrypted private key in PEM format: name another file with --key-file"
        ) from error
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "".join(public.decode().splitlines()[1:-1])


def _make(path: Path) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Readable by nobody else from its first byte on.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private)
