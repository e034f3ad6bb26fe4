"""How the platform logs in to Snowflake: the one place that turns SNOWFLAKE_* settings into a login.

The loader, Dagster's resource, dbt's profile, `shopstream sql`, `provision` and `doctor` all derive theirs from it.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from shopstream_platform.config import private_key
from shopstream_platform.config.errors import ShopStreamError

AUTHENTICATOR = "SNOWFLAKE_AUTHENTICATOR"
# Part of a login -> whether it is secret. The variable of each is SNOWFLAKE_ and its name.
PARTS = {
    "authenticator": False,
    "password": True,
    "passcode": True,
    "private_key_path": False,
    "private_key": True,
    "private_key_passphrase": True,
    "token": True,
    "token_file_path": False,
    "oauth_client_id": False,
    "oauth_client_secret": True,
    "oauth_token_request_url": False,
    "oauth_scope": False,
    "workload_identity_provider": False,
}
SECRETS = frozenset(name for name, secret in PARTS.items() if secret)
# Of the connector's arguments: the passphrase has a name of its own there.
SECRET_ARGUMENTS = SECRETS | {"private_key_file_pwd"}
# Any of these belongs to an account. The rest alone (SNOWFLAKE_AUTHENTICATOR ...) may be of a shell's other work.
CREDENTIALS = (*sorted(SECRETS - {"passcode"}), "private_key_path", "token_file_path", "oauth_client_id")


class Method(StrEnum):
    """A way to log in, as SNOWFLAKE_AUTHENTICATOR names it; the connector's own names."""

    KEY_PAIR = "snowflake_jwt"
    PASSWORD = "snowflake"  # noqa: S105 - a name
    MFA = "username_password_mfa"
    BROWSER = "externalbrowser"
    ACCESS_TOKEN = "programmatic_access_token"  # noqa: S105 - a name
    OAUTH = "oauth_client_credentials"
    WORKLOAD_IDENTITY = "workload_identity"

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to answer at the login."""
        return self in (Method.BROWSER, Method.MFA)


@dataclass(frozen=True)
class _Rule:
    """What a method needs, exactly one of each group, and what else it may have."""

    needs: tuple[tuple[str, ...], ...] = ()
    may: tuple[str, ...] = ()


_TOKEN = ("token", "token_file_path")
_RULES = {
    Method.KEY_PAIR: _Rule((("private_key_path", "private_key"),), ("private_key_passphrase",)),
    Method.PASSWORD: _Rule((("password",),)),
    Method.MFA: _Rule((("password",),), ("passcode",)),
    Method.BROWSER: _Rule(),
    Method.ACCESS_TOKEN: _Rule((_TOKEN,)),
    Method.OAUTH: _Rule(
        (("oauth_client_id",), ("oauth_client_secret",), ("oauth_token_request_url",)), ("oauth_scope",)
    ),
    Method.WORKLOAD_IDENTITY: _Rule((("workload_identity_provider",),), _TOKEN),
}
# Where the cloud attests nothing by itself, the workload brings a token.
_PROVIDERS = {"AWS": _Rule(), "OIDC": _Rule((_TOKEN,))}


def variable(part: str) -> str:
    """The variable that stands for a part."""
    return f"SNOWFLAKE_{part.upper()}"


@dataclass(frozen=True)
class Login:
    """A complete and consistent login; `parts` are what its method uses."""

    method: Method
    parts: Mapping[str, str] = field(repr=False)

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of snowflake.connector.connect. Raises ShopStreamError for a key or token file."""
        parts = self.parts
        if self.method is Method.PASSWORD:
            return dict(parts)
        chosen: dict[str, Any] = {"authenticator": self.method.value}
        match self.method:
            case Method.KEY_PAIR if "private_key_path" in parts:
                return chosen | self._key_file()
            case Method.KEY_PAIR:
                key = private_key.from_content(parts["private_key"], parts.get("private_key_passphrase"))
                return chosen | {"private_key": base64.b64encode(private_key.der(key)).decode()}
            case Method.MFA:
                # Cached where the account allows it, so that a second session does not ask again.
                return chosen | dict(parts) | {"client_request_mfa_token": True}
            case Method.BROWSER:
                return chosen | {"client_store_temporary_credential": True}
            case _:
                told = {name: value for name, value in parts.items() if name not in _TOKEN}
                return chosen | told | ({"token": self.token()} if self.has_token else {})

    def variables(self) -> dict[str, str]:
        """The parts as SNOWFLAKE_* variables, in the form that dbt can read."""
        values = dict(self.parts)
        if self.method not in (Method.PASSWORD, Method.KEY_PAIR):
            values["authenticator"] = self.method.value
        if "private_key_path" in values:
            values["private_key_path"] = _expanded(values["private_key_path"])
        if "private_key" in values:
            values["private_key"] = private_key.normalised(values["private_key"])
        return {variable(part): value for part, value in values.items()}

    @property
    def has_token(self) -> bool:
        """Whether a token was given, itself or in a file."""
        return any(name in self.parts for name in _TOKEN)

    def token(self) -> str:
        """The token, read anew from its file each time: what mounts it may renew it."""
        if "token" in self.parts:
            return self.parts["token"]
        path = Path(_expanded(self.parts["token_file_path"]))
        try:
            token = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise ShopStreamError(
                f"the token in {path} cannot be read: {why}. Check SNOWFLAKE_TOKEN_FILE_PATH"
            ) from error
        if not token:
            raise ShopStreamError(f"the token file {path} is empty: check SNOWFLAKE_TOKEN_FILE_PATH")
        return token

    def check(self) -> None:
        """ShopStreamError if the key cannot be used, before the connector says so in its own way."""
        if "private_key_path" in self.parts:
            private_key.from_file(Path(self.parts["private_key_path"]), self.parts.get("private_key_passphrase"))

    def _key_file(self) -> dict[str, str]:
        passphrase = self.parts.get("private_key_passphrase")
        return {
            "private_key_file": _expanded(self.parts["private_key_path"]),
            **({"private_key_file_pwd": passphrase} if passphrase else {}),
        }


def login_of(parts: Mapping[str, str | None]) -> Login:
    """The login that the parts make. Raises ValueError, one sentence, for half a login or two in one."""
    given = {name: value for name in PARTS if (value := parts.get(name))}
    method = _method(given.pop("authenticator", None), given)
    rule = _RULES[method]
    if method is Method.WORKLOAD_IDENTITY:
        rule = _of_provider(given)
    for group in rule.needs:
        found = [name for name in group if name in given]
        if len(found) != 1:
            names = " or ".join(map(variable, group))
            what = f"needs one of {names}, not both" if found else f"needs {names}"
            raise ValueError(f"{AUTHENTICATOR}={method} {what}")
    allowed = {*rule.may, *(name for group in rule.needs for name in group)}
    if extra := [variable(name) for name in given if name not in allowed]:
        raise ValueError(
            f"{AUTHENTICATOR}={method} does not use {', '.join(extra)}: unset it, or set another {AUTHENTICATOR}"
        )
    _check_address(given.get("oauth_token_request_url"))
    return Login(method, given)


def _method(named: str | None, given: Mapping[str, str]) -> Method:
    if named:
        try:
            return Method(named.strip().lower())
        except ValueError:
            raise ValueError(f"{AUTHENTICATOR} is not one of {', '.join(Method)}") from None
    if "private_key_path" in given or "private_key" in given:
        return Method.KEY_PAIR
    if "password" in given:
        return Method.MFA if "passcode" in given else Method.PASSWORD
    if any(name in given for name in _TOKEN):
        raise ValueError(f"a token needs {AUTHENTICATOR}={Method.ACCESS_TOKEN} (or {Method.WORKLOAD_IDENTITY})")
    raise ValueError(
        "Snowflake needs a login: SNOWFLAKE_PRIVATE_KEY_PATH or SNOWFLAKE_PRIVATE_KEY (recommended), "
        f"SNOWFLAKE_PASSWORD, or {AUTHENTICATOR} with what it needs"
    )


def _of_provider(given: dict[str, str]) -> _Rule:
    """The rule of a workload identity, which depends on who attests it."""
    provider = given.get("workload_identity_provider", "").upper()
    if provider not in _PROVIDERS:
        raise ValueError(
            f"{AUTHENTICATOR}={Method.WORKLOAD_IDENTITY} needs SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER: "
            f"{' or '.join(_PROVIDERS)}"
        )
    given["workload_identity_provider"] = provider
    rule = _PROVIDERS[provider]
    return _Rule((*_RULES[Method.WORKLOAD_IDENTITY].needs, *rule.needs))


def _check_address(url: str | None) -> None:
    if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError("SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL is not an address that begins with https://")


def _expanded(path: str) -> str:
    try:
        return str(Path(path).expanduser())
    except RuntimeError:
        return path
