"""botocore's errors as one sentence with a cause and a cure."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from shopstream_platform.errors import ShopStreamError, TransientError

EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
UNKNOWN_KEY = {"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "SignatureDoesNotMatch"}
REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}
SKEWED = {"RequestTimeTooSkewed"}


@contextmanager
def translated() -> Iterator[None]:
    """What is wrong with the login, the rights or the request; a service that does not answer may pass."""
    try:
        yield
    except (NoCredentialsError, ProfileNotFound) as error:
        raise ShopStreamError(
            f"AWS: {error}. Log in first (`aws configure`, `aws sso login`, or set AWS_PROFILE)"
        ) from error
    except ClientError as error:
        raise ShopStreamError(_sentence(error)) from error
    except BotoCoreError as error:
        raise TransientError(f"AWS could not be reached: {error}. Safe to run again") from error


def code(error: ClientError) -> str:
    """AWS's name of the error."""
    return error.response["Error"]["Code"]


def _sentence(error: ClientError) -> str:
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
