"""Every way to log in as SNOWFLAKE_* variables, with keys made for the tests."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PASSPHRASE = "correct horse $battery"
SECRET = "s3cret-$of-a-login"
ACCOUNT = {"SNOWFLAKE_ACCOUNT": "org-account", "SNOWFLAKE_USER": "SHOPSTREAM_SERVICE", "SHOPSTREAM_S3_BUCKET": "lake"}
OAUTH = {
    "SNOWFLAKE_AUTHENTICATOR": "oauth_client_credentials",
    "SNOWFLAKE_OAUTH_CLIENT_ID": "client",
    "SNOWFLAKE_OAUTH_CLIENT_SECRET": SECRET,
    "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL": "https://login.example/token",
}


@dataclass(frozen=True)
class Way:
    """Variables, and what of them reaches snowflake.connector.connect and dbt's credentials."""

    variables: dict[str, str]
    connector: dict[str, Any]
    dbt: dict[str, Any] = field(default_factory=dict)
    with_user: bool = True


WAYS = {
    "password": Way({"SNOWFLAKE_PASSWORD": SECRET}, {"password": SECRET}, {"password": SECRET}),
    "password and passcode": Way(
        {"SNOWFLAKE_PASSWORD": SECRET, "SNOWFLAKE_PASSCODE": "123456"},
        {
            "authenticator": "username_password_mfa",
            "password": SECRET,
            "passcode": "123456",
            "client_request_mfa_token": True,
        },
        {"authenticator": "username_password_mfa", "password": SECRET, "client_request_mfa_token": True},
    ),
    "push to a phone": Way(
        {"SNOWFLAKE_PASSWORD": SECRET, "SNOWFLAKE_AUTHENTICATOR": "USERNAME_PASSWORD_MFA"},
        {"authenticator": "username_password_mfa", "password": SECRET, "client_request_mfa_token": True},
        {"authenticator": "username_password_mfa", "password": SECRET, "client_request_mfa_token": True},
    ),
    "browser": Way(
        {"SNOWFLAKE_AUTHENTICATOR": "externalbrowser"},
        {"authenticator": "externalbrowser", "client_store_temporary_credential": True},
        {"authenticator": "externalbrowser", "client_store_temporary_credential": True},
    ),
    "programmatic access token": Way(
        {"SNOWFLAKE_AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "SNOWFLAKE_TOKEN": SECRET},
        {"authenticator": "programmatic_access_token", "token": SECRET},
        {"authenticator": "programmatic_access_token", "token": SECRET},
    ),
    "oauth client credentials": Way(
        OAUTH | {"SNOWFLAKE_OAUTH_SCOPE": "session:role-any"},
        {
            "authenticator": "oauth_client_credentials",
            "oauth_client_id": "client",
            "oauth_client_secret": SECRET,
            "oauth_token_request_url": "https://login.example/token",
            "oauth_scope": "session:role-any",
        },
    ),
    "workload identity in AWS": Way(
        {"SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY", "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "aws"},
        {"authenticator": "workload_identity", "workload_identity_provider": "AWS"},
        {"authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": "AWS"},
        with_user=False,
    ),
    "workload identity by token": Way(
        {
            "SNOWFLAKE_AUTHENTICATOR": "workload_identity",
            "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "OIDC",
            "SNOWFLAKE_TOKEN": SECRET,
        },
        {"authenticator": "workload_identity", "workload_identity_provider": "OIDC", "token": SECRET},
        {"authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": "OIDC", "token": SECRET},
        with_user=False,
    ),
}


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_key(passphrase: str | None = None, *, old_format: bool = False) -> bytes:
    """The one key of the tests, in PEM."""
    protection = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    kind = serialization.PrivateFormat.TraditionalOpenSSL if old_format else serialization.PrivateFormat.PKCS8
    return _key().private_bytes(serialization.Encoding.PEM, kind, protection)


def key_in_der() -> bytes:
    """The same key as the connector signs with it."""
    return _key().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_key() -> rsa.RSAPublicKey:
    """Its public half."""
    return _key().public_key()
