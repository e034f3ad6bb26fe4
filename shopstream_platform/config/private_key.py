"""The private key of a login by key pair, a file or its content, encrypted or not, or one sentence about its fault.

Content that came through an environment variable has lost its line breaks as often as not: a backslash and an n in
their place, spaces, one line of base64 and base64 of the whole file are all taken.
"""

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING

from shopstream_platform.config.errors import ShopStreamError

# 30 ms, which a login by another way need not wait for.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

PATH, CONTENT = "SNOWFLAKE_PRIVATE_KEY_PATH", "SNOWFLAKE_PRIVATE_KEY"
PASSPHRASE = "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
_PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.*?)-----END \1-----", re.DOTALL)


def from_file(path: Path, passphrase: str | None = None, *, setting: str = PATH) -> "PrivateKeyTypes":
    """The key in a PEM file; `setting` is what names the file. Raises ShopStreamError."""
    try:
        content = path.expanduser().read_bytes()
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ShopStreamError(f"the private key {path} cannot be read: {why}. Check {setting}") from error
    return _loaded(content, passphrase, str(path), setting)


def from_content(content: str, passphrase: str | None = None) -> "PrivateKeyTypes":
    """The key that a variable holds. Raises ShopStreamError, which does not quote it."""
    return _loaded(normalised(content).encode(), passphrase, CONTENT, CONTENT)


def normalised(content: str) -> str:
    """The key as PEM with its line breaks, or the body alone in one line of base64: the two that dbt reads.

    What is neither stays as it is; who loads it says so.
    """
    text = content.strip().strip("\"'").replace("\\r", "").replace("\\n", "\n").strip()
    if found := _PEM.search(text):
        return _wrapped(found[1], found[2])
    body = "".join(text.split())
    try:
        decoded = base64.b64decode(body, validate=True)
    except ValueError:
        return text
    return decoded.decode("ascii", "replace").strip() if decoded.startswith(b"-----BEGIN") else body


def der(key: "PrivateKeyTypes") -> bytes:
    """The key in PKCS #8, not encrypted."""
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _wrapped(kind: str, body: str) -> str:
    # The old format of OpenSSL says in headers how it is encrypted: such lines cannot be mended.
    lines = body.strip().splitlines()
    if ":" not in body:
        joined = "".join(body.split())
        lines = [joined[start : start + 64] for start in range(0, len(joined), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", ""])


def _loaded(content: bytes, passphrase: str | None, what: str, setting: str) -> "PrivateKeyTypes":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

    secret = passphrase.encode() if passphrase else None
    try:
        if b"-----BEGIN" in content or setting != CONTENT:
            return load_pem_private_key(content, secret)
        return load_der_private_key(base64.b64decode(content, validate=True), secret)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise ShopStreamError(f"{what} {_fault(error, setting)}") from error


def _fault(error: Exception, setting: str) -> str:
    text = str(error)
    if "Password was not given" in text:
        return f"is an encrypted private key: set {PASSPHRASE}"
    if "Password was given" in text:
        return f"is a private key that is not encrypted, but {PASSPHRASE} is set: unset it"
    if "Incorrect password" in text or "Bad decrypt" in text:
        return f"cannot be decrypted: {PASSPHRASE} is not its passphrase"
    return f"is not a private key in PEM format (it begins with -----BEGIN PRIVATE KEY-----). Check {setting}"
