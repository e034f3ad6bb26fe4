"""Which proxy stands between this machine and an address."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def advice(url: str | None) -> str:
    """What to say of a proxy after an address could not be reached; empty if there is none on the way.

    `url` is https where it has no scheme; None is an address of AWS that is not known here.
    """
    parts = urlsplit(url if url and "://" in url else f"https://{url or 'amazonaws.com'}")
    host = parts.hostname or ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return ""
    at = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    name = f"{at.hostname}:{at.port}" if at.port else str(at.hostname)
    return f" (by the proxy {name} of {parts.scheme.upper()}_PROXY: put {host} into NO_PROXY to go there directly)"
