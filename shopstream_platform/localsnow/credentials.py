"""The login that the server demands and the object store that COPY reads, from a file that only its owner can read."""

import base64
import hmac
import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

# 50 ms, which only a server with a public key needs.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

FILE_NAME = "credentials.json"
# Snowflake takes no token that lives longer.
LONGEST_TOKEN_SECONDS = 3600


class CredentialsError(Exception):
    """The file is missing, open to others or malformed. The message says what to do."""


@dataclass(frozen=True)
class S3Credentials:
    endpoint_url: str | None
    access_key_id: str | None
    secret_access_key: str | None = field(repr=False)
    region: str | None


@dataclass(frozen=True)
class Credentials:
    user: str
    password: str = field(repr=False)
    s3: S3Credentials | None
    # The base64 body of a public key, as Snowflake's RSA_PUBLIC_KEY; without one no key pair logs in.
    public_key: str | None = None

    def admits_token(self, user: object, token: object) -> bool:
        """Whether the token is of the user and signed by its private key, as the connector makes it for a key pair."""
        if not self.public_key or not isinstance(token, str):
            return False
        import jwt

        key = _rsa(self.public_key)
        try:
            claims = jwt.decode(token, key, algorithms=["RS256"], options={"require": ["iss", "sub", "iat", "exp"]})
        except jwt.PyJWTError:
            return False
        fingerprint = base64.b64encode(sha256(base64.b64decode(self.public_key)).digest()).decode()
        subject = str(claims["sub"])
        same_user = str(user).upper() == self.user.upper() == subject.rpartition(".")[2]
        lives = claims["exp"] - claims["iat"] <= LONGEST_TOKEN_SECONDS
        return same_user and lives and claims["iss"] == f"{subject}.SHA256:{fingerprint}"

    def admits(self, user: object, password: object) -> bool:
        """User names ignore case, as in Snowflake."""
        same_user = hmac.compare_digest(str(user).upper().encode(), self.user.upper().encode())
        same_password = hmac.compare_digest(str(password).encode(), self.password.encode())
        return same_user and same_password


def load_credentials(root: Path) -> Credentials:
    """Read ROOT/credentials.json; CredentialsError for a file that others can read."""
    path = root / FILE_NAME
    try:
        if path.stat().st_mode & 0o077:
            raise CredentialsError(f"{path} can be read by other users: run chmod 600 {path}.")
        content = json.loads(path.read_text())
        s3, public_key = content.get("s3"), content.get("public_key")
        if public_key is not None:
            _rsa(public_key)
        return Credentials(
            user=content["user"],
            password=content["password"],
            s3=S3Credentials(**s3) if s3 else None,
            public_key=public_key,
        )
    except FileNotFoundError:
        raise CredentialsError(f"{path} is missing: write the user, password and s3 keys to it first.") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CredentialsError(f"{path} is not a credentials file of the local warehouse: {error}.") from error


def _rsa(body: str) -> "RSAPublicKey":
    """Raises ValueError for what is no RSA key."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(base64.b64decode(body, validate=True))
    if not isinstance(key, RSAPublicKey):
        raise ValueError("public_key is not of RSA")
    return key
