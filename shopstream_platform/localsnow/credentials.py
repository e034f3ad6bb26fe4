"""The login that the server demands and the object store that COPY reads, from a file that only its owner can read."""

import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path

FILE_NAME = "credentials.json"


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
        s3 = content.get("s3")
        return Credentials(
            user=content["user"],
            password=content["password"],
            s3=S3Credentials(**s3) if s3 else None,
        )
    except FileNotFoundError:
        raise CredentialsError(f"{path} is missing: write the user, password and s3 keys to it first.") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CredentialsError(f"{path} is not a credentials file of the local warehouse: {error}.") from error
