"""What an account demands of a login, told by what Snowflake says when it refuses one."""

import re

from shopstream_platform.config.login import AUTHENTICATOR, Method

# A service has no password, since that demands a second factor.
_FOR_SERVICES = (
    "a service logs in by key pair (SNOWFLAKE_PRIVATE_KEY_PATH or SNOWFLAKE_PRIVATE_KEY), programmatic access token, "
    "OAuth or workload identity"
)
_FOR_PEOPLE = f"a person with {AUTHENTICATOR}={Method.BROWSER}, or {Method.MFA} and SNOWFLAKE_PASSCODE"

# As Snowflake words it, the particular before the general.
_CURES = {
    r"authentication policy|390202": "An authentication policy of the account or of the user does not admit this way "
    f"to log in: {_FOR_SERVICES}; AUTHENTICATION_METHODS of DESCRIBE AUTHENTICATION POLICY lists what it admits",
    r"multi-factor|\bMFA\b|\bduo\b|TOTP|passcode": f"A second factor is required: {_FOR_SERVICES}; {_FOR_PEOPLE}",
    r"network policy is required|390432": "A programmatic access token works only for a user to whom a network policy "
    "applies: `shopstream provision snowflake --allow-ip` sets one, or an authentication policy with "
    "PAT_POLICY=(NETWORK_POLICY_EVALUATION=NOT_ENFORCED) lifts that",
    r"role.*(not listed in the access token|was filtered)|role.?restriction": "The token is restricted to other roles: "
    "ROLE_RESTRICTION of a programmatic access token, or SNOWFLAKE_OAUTH_SCOPE, has to admit SNOWFLAKE_ROLE and "
    "SNOWFLAKE_TRANSFORM_ROLE",
    r"JWT token|39014[0-9]|394300": "The user's public key is not that of the private key, SNOWFLAKE_ACCOUNT or "
    "SNOWFLAKE_USER is another than it was made for, or this machine's clock is wrong by a minute: compare "
    "RSA_PUBLIC_KEY_FP of DESCRIBE USER, set the key by ALTER USER ... SET RSA_PUBLIC_KEY or `shopstream provision "
    "snowflake`",
    r"programmatic access token|OAuth access token|390303|390318": "The token is expired, disabled or of another user "
    "or account: make a new one",
    r"workload identity|attestation": "ALTER USER ... SET WORKLOAD_IDENTITY = (TYPE = AWS ARN = '<the role>') "
    "names who may log in; `aws sts get-caller-identity` says who this machine is",
    r"incorrect username or password|390100": "Check SNOWFLAKE_USER and SNOWFLAKE_PASSWORD. A user of TYPE=SERVICE has "
    f"no password: {_FOR_SERVICES}",
    r"locked": "Wait, or let an administrator unlock the user (ALTER USER ... SET MINS_TO_UNLOCK = 0)",
    r"is not allowed to access|network policy|390420|390422": "A network policy refuses this machine's address: "
    "let an administrator add it to the addresses that the policy admits (for the service user "
    "`shopstream provision snowflake --allow-ip ADDRESS`, which keeps those that are there)",
    r"role .* (does not exist|is not granted)|390186|390189": "Check SNOWFLAKE_ROLE and SNOWFLAKE_TRANSFORM_ROLE: the "
    "user must have both",
    r"password (has )?expired|must be changed|390106": "Change the password, or log in by key pair",
    r"verify the account name|404 Not Found|290404|390201": "Check SNOWFLAKE_ACCOUNT: <organization>-<account>, as in "
    "the address of Snowflake's pages",
}


def cure_of(refusal: str) -> str | None:
    """What to do about a login that was refused; None for words that are not known."""
    return next((cure for words, cure in _CURES.items() if re.search(words, refusal, re.IGNORECASE)), None)
