"""A namespace of a certification's own: whatever it makes bears one name, by which it can be removed again."""

import re
import secrets
import string
import tempfile
from dataclasses import dataclass
from pathlib import Path

from shopstream_platform.config.account_names import AccountNames
from shopstream_platform.config.errors import ShopStreamError

LETTERS = 6


@dataclass(frozen=True)
class Namespace:
    """Six capital letters, and what is derived from them."""

    name: str

    @classmethod
    def new(cls) -> "Namespace":
        """One that nobody else has."""
        return cls("".join(secrets.choice(string.ascii_uppercase) for _ in range(LETTERS)))

    @classmethod
    def named(cls, name: str) -> "Namespace":
        """That of an earlier run; ShopStreamError for what is no such name."""
        if not re.fullmatch(f"[A-Z]{{{LETTERS}}}", name.upper()):
            raise ShopStreamError(f"{name!r} is not the name of a certification: it printed {LETTERS} letters")
        return cls(name.upper())

    @property
    def prefix(self) -> str:
        """SNOWFLAKE_PREFIX."""
        return f"CERTIFY_{self.name}_"

    @property
    def names(self) -> AccountNames:
        """Roles, warehouses, integration and monitors."""
        return AccountNames(self.prefix)

    @property
    def lake_prefix(self) -> str:
        """SHOPSTREAM_S3_PREFIX, with a slash behind."""
        return f"certify-{self.name.lower()}/"

    @property
    def home(self) -> Path:
        """SHOPSTREAM_HOME, with the source and the service user's key."""
        return Path(tempfile.gettempdir()) / f"shopstream-certify-{self.name.lower()}"
