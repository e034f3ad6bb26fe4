"""A workspace of Power BI, if one is configured."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg
import requests

from shopstream_platform.config.environment.proxies import advice
from shopstream_platform.config.errors import ShopStreamError, TransientError
from shopstream_platform.config.service_settings import PowerBiSettings

if TYPE_CHECKING:
    from dagster_powerbi import PowerBIWorkspace

KEY = "power_bi"
_POLL_SECONDS = 5
_UNAUTHORIZED, _FORBIDDEN, _MISSING, _BUSY, _TOO_MANY = 401, 403, 404, 400, 429


def power_bi_resource(settings: PowerBiSettings) -> "dict[str, PowerBIWorkspace]":
    """The resource under its key; nothing without a workspace."""
    return {} if settings.workspace_id is None else {KEY: workspace(settings)}


def workspace(settings: PowerBiSettings) -> "PowerBIWorkspace":
    """dagster-powerbi's resource. The secret is an EnvVar, so that it shows nowhere."""
    try:
        from dagster_powerbi import PowerBIServicePrincipal, PowerBIWorkspace
    except ImportError:
        raise ShopStreamError(
            "SHOPSTREAM_POWER_BI_WORKSPACE_ID is set, which needs the extra power-bi: "
            "pip install 'shopstream-platform[power-bi]'"
        ) from None
    return PowerBIWorkspace(
        credentials=PowerBIServicePrincipal(
            client_id=settings.client_id or "",
            client_secret=dg.EnvVar("SHOPSTREAM_POWER_BI_CLIENT_SECRET"),
            tenant_id=settings.tenant_id or "",
        ),
        workspace_id=settings.workspace_id or "",
        refresh_poll_interval=_POLL_SECONDS,
        refresh_timeout=settings.refresh_minutes * 60,
    )


@contextmanager
def power_bi_errors(what: str) -> Iterator[None]:
    """Errors of Power BI's API as sentences; its answers may hold more than a log should."""
    try:
        yield
    except requests.HTTPError as error:
        raise _translated(what, error.response.status_code if error.response is not None else 0) from None
    except requests.RequestException as error:
        proxy = advice("https://api.powerbi.com")
        raise TransientError(f"Power BI cannot be reached to {what}: {type(error).__name__}{proxy}") from None


def _translated(what: str, status: int) -> ShopStreamError:
    if status == _TOO_MANY or status >= 500:
        return TransientError(f"Power BI could not {what}: it answered {status}")
    cures = {
        _UNAUTHORIZED: "check SHOPSTREAM_POWER_BI_TENANT_ID, _CLIENT_ID and _CLIENT_SECRET",
        _FORBIDDEN: "make the service principal a member of the workspace, and let it use Power BI's APIs",
        _MISSING: "check SHOPSTREAM_POWER_BI_WORKSPACE_ID, and that the semantic model is still there",
        _BUSY: "a refresh may be running already, today's may be used up (eight on shared capacity), or the model's "
        "credentials are missing in the workspace",
    }
    return ShopStreamError(
        f"Power BI would not {what}: it answered {status}; {cures.get(status, 'see docs/power-bi.md')}"
    )
