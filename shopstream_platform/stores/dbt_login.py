"""dbt's login: the connection's variables, and a token where dbt-snowflake cannot get one by itself."""

import json
from typing import Any

from shopstream_platform.config.connections import SnowflakeConnection
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.login import Method

# Read by shopstream_dbt/profiles.yml before SNOWFLAKE_AUTHENTICATOR and SNOWFLAKE_TOKEN, which stay what they are: the
# platform reads its own settings from the same environment.
AUTHENTICATOR, TOKEN = "SHOPSTREAM_DBT_AUTHENTICATOR", "SHOPSTREAM_DBT_TOKEN"
TIMEOUT_SECONDS = 30
SCOPE_OF_A_ROLE = "session:role:{role}"


def dbt_variables(at: SnowflakeConnection) -> dict[str, str]:
    """What dbt's profile reads. Raises ShopStreamError if there is no token.

    dbt-snowflake reads no token from a file and knows no client credentials: it is handed the token itself.
    """
    login = at.login
    if login.method is Method.OAUTH:
        return at.environment() | {AUTHENTICATOR: "oauth", TOKEN: access_token(at)}
    if "token_file_path" in login.parts:
        return at.environment() | {TOKEN: login.token()}
    return at.environment()


def access_token(at: SnowflakeConnection) -> str:
    """An access token for dbt's role, by the grant of client credentials (RFC 6749, 4.4)."""
    # Its own copy of requests: proxies and certificates count as they do for the session.
    from snowflake.connector.vendored.requests.api import post
    from snowflake.connector.vendored.requests.exceptions import RequestException

    parts, role = at.login.parts, at.transform_role or at.role
    scope = parts.get("oauth_scope") or (SCOPE_OF_A_ROLE.format(role=role) if role else None)
    form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
    url = parts["oauth_token_request_url"]
    login = (parts["oauth_client_id"], parts["oauth_client_secret"])
    try:
        answer = post(url, data=form, auth=login, timeout=TIMEOUT_SECONDS)
    except RequestException as error:
        raise TransientError(f"{url} could not be reached for an access token: {error}. Safe to run again") from error
    content = _object(answer.text)
    if token := content.get("access_token"):
        return str(token)
    why = content.get("error_description") or content.get("error")
    kind = TransientError if answer.status_code >= 500 else ShopStreamError
    raise kind(
        f"{url} gave no access token (HTTP {answer.status_code}{f': {why}' if why else ''}): check "
        "SNOWFLAKE_OAUTH_CLIENT_ID, SNOWFLAKE_OAUTH_CLIENT_SECRET and SNOWFLAKE_OAUTH_SCOPE"
    )


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
