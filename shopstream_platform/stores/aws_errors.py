"""botocore's errors as one sentence with a cause and a cure."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.exceptions import ClientError

from shopstream_platform.config.environment.proxies import advice
from shopstream_platform.config.errors import ShopStreamError, TransientError

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
UNKNOWN_KEY = {"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "SignatureDoesNotMatch"}
REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
SKEWED = {"RequestTimeTooSkewed"}
# On the way, or in the cloud's own services.
_PASSING = (
    *(boto.ConnectionError, boto.HTTPClientError, boto.MetadataRetrievalError, boto.WaiterError),
    *(boto.IncompleteReadError, boto.FlexibleChecksumError, boto.ChecksumError),
)
_LOGIN = (
    *(
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.UnknownCredentialError,
    ),
    *(boto.SSOError, boto.LoginError, boto.TokenRetrievalError, boto.NoAuthTokenError),
    boto.RefreshWithMFAUnsupportedError,
)


@contextmanager
def translated() -> Iterator[None]:
    """What is wrong with the login, the rights or the request; a service that does not answer may pass."""
    try:
        yield
    except (boto.BotoCoreError, ClientError) as error:
        raise sentence(error) or error from error


def sentence(error: Exception) -> ShopStreamError | None:
    """The sentence for an error of botocore's; None for another."""
    if isinstance(error, ClientError):
        return ShopStreamError(_refusal(error))
    if not isinstance(error, boto.BotoCoreError):
        return None
    # Not sent again in vain: a certificate that is not trusted stays so.
    if isinstance(error, boto.SSLError):
        return ShopStreamError(f"AWS: {_text(error)}. Check AWS_CA_BUNDLE and the proxy's certificate")
    if isinstance(error, _PASSING):
        proxy = advice(error.kwargs.get("endpoint_url"))
        return TransientError(f"AWS could not be reached: {_text(error)}{proxy}. Safe to run again")
    if isinstance(error, _LOGIN):
        return ShopStreamError(
            f"AWS: {_text(error)}. Log in first (`aws configure`, `aws sso login`, or set AWS_PROFILE), "
            "or give the machine a role"
        )
    return ShopStreamError(f"AWS: {_text(error)}. Check AWS_PROFILE, the other AWS_* variables and ~/.aws/config")


def _text(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def code(error: ClientError) -> str:
    """AWS's name of the error."""
    return error.response["Error"]["Code"]


def _refusal(error: ClientError) -> str:
    message = error.response["Error"].get("Message", "")
    match code(error):
        case name if name in EXPIRED:
            return "AWS: the login has expired. Log in again (`aws sso login`) and run the command again"
        case name if name in UNKNOWN_KEY:
            return "AWS does not know the access key, or its secret is wrong: check AWS_PROFILE and AWS_ACCESS_KEY_ID"
        case name if name in SKEWED:
            return "AWS refuses requests of this machine's clock: set the clock (`timedatectl set-ntp true`)"
        case name if name in REFUSED:
            return (
                f"AWS refused {error.operation_name}: {message}. "
                "Use an identity that may administer CloudFormation, IAM roles and the bucket"
            )
        case name:
            return f"AWS refused {error.operation_name} ({name}): {message}"
