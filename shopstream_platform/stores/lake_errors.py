"""The object store's errors as one sentence each: obstore's, and botocore's where the AWS credential chain is asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from obstore import exceptions as obstore_errors

from shopstream_platform.config.connections import S3Connection
from shopstream_platform.config.environment.proxies import advice
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.files import full_disk
from shopstream_platform.stores import aws_errors

DOCTOR = "Run `shopstream doctor`"
LOG_IN = "Log in first (`aws configure`, `aws sso login`, or set AWS_PROFILE), or give the machine a role"


@contextmanager
def translated(at: S3Connection) -> Iterator[None]:
    """What is missing, refused or configured wrong is permanent, all else may pass."""
    try:
        yield
    except (FileNotFoundError, obstore_errors.NotFoundError) as error:
        raise ShopStreamError(_missing(at, error)) from error
    except (PermissionError, obstore_errors.PermissionDeniedError, obstore_errors.UnauthenticatedError) as error:
        raise ShopStreamError(_refused(at, error)) from error
    # obstore's file objects, which write big objects, raise OSError for whatever goes wrong.
    except (obstore_errors.BaseError, OSError) as error:
        raise _other(at, error) from error
    # The credential provider's own: obstore passes on what botocore raises.
    except ShopStreamError:
        raise
    except Exception as error:
        if (sentence := _of_botocore(error)) is None:
            raise
        raise sentence from error


def _other(at: S3Connection, error: Exception) -> ShopStreamError:
    text = str(error)
    # Listing has no exceptions of its own for what is missing or refused: only the store's answer tells.
    if "<Code>NoSuchBucket</Code>" in text:
        return ShopStreamError(_missing(at, error))
    if "status code: 403" in first_line(error):
        return ShopStreamError(_refused(at, error))
    if at.folder is not None and (full := full_disk(at.folder)):
        return full
    if "No CA certificates were loaded" in text:
        return ShopStreamError(
            f"bucket {at.bucket} cannot be reached: no certificates were found. "
            "Check SSL_CERT_FILE and SSL_CERT_DIR, or unset them"
        )
    if "Config error" in text or "Invalid encryption type" in text or "builder error" in text:
        return ShopStreamError(
            f"bucket {at.bucket} cannot be used with the AWS_* and proxy variables that are set: {first_line(error)}. "
            "`shopstream doctor` lists them"
        )
    return TransientError(
        f"bucket {at.bucket} could not be used: {first_line(error)}{advice(at.endpoint_url)}. Safe to run again"
    )


def _of_botocore(error: Exception) -> ShopStreamError | None:
    if isinstance(error, ValueError) and "get_credentials" in str(error):
        return ShopStreamError(f"AWS: no credentials were found. {LOG_IN}")
    return aws_errors.sentence(error)


def _refused(at: S3Connection, error: Exception) -> str:
    if "RequestTimeTooSkewed" in str(error):
        return (
            f"bucket {at.bucket} refuses requests of another time than its own: check the machine's clock, "
            "then run again"
        )
    return f"bucket {at.bucket} refuses the credentials in use: {first_line(error)}. {DOCTOR}"


def _missing(at: S3Connection, error: Exception) -> str:
    if "NoSuchBucket" in str(error):
        return (
            f"bucket {at.bucket} does not exist: check SHOPSTREAM_S3_BUCKET, "
            "or create it with `shopstream provision aws`"
        )
    return f"an object is missing from bucket {at.bucket}: {first_line(error)}"


def first_line(error: Exception) -> str:
    """obstore adds the whole cause in Rust's own notation below it."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
