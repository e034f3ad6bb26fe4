"""What a request must look like before anybody asks who sent it. Pure functions of a request's headers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

SAFE_METHODS = ("GET", "HEAD")
HTTP_PORT = 80

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered: a status and a sentence that tells nothing about the server."""

    status: HTTPStatus
    sentence: str


@dataclass(frozen=True)
class Hosts:
    """The names by which a server may be called; a page that leads a name of its own here gets nothing."""

    names: frozenset[str]

    @classmethod
    def of(cls, port: int, allowed: Iterable[str] = ()) -> "Hosts":
        """This machine's own addresses, and others: `name` with any port, or `name:port`."""
        own = ("127.0.0.1", "localhost", "[::1]")
        named = {f"{name}:{port}" for name in own} | (set(own) if port == HTTP_PORT else set())
        return cls(frozenset(named | {name.strip().lower() for name in allowed if name.strip()}))

    def admit(self, host: str) -> bool:
        """Whether a Host header is one of the names."""
        host = host.lower()
        name, colon, port = host.rpartition(":")
        return host in self.names or bool(colon and port.isdecimal() and name in self.names)


def values(headers: Headers, name: str) -> list[str]:
    """Every value of a header, in order."""
    wanted = name.lower().encode()
    return [value.decode("latin-1").strip() for key, value in headers if key.lower() == wanted]


def wrong_host(headers: Headers, hosts: Hosts) -> Refusal | None:
    """Exactly one Host, and one of ours."""
    found = values(headers, "host")
    if len(found) == 1 and hosts.admit(found[0]):
        return None
    return Refusal(HTTPStatus.FORBIDDEN, "This server does not answer to that address.")


def wrong_page(headers: Headers, *, changes: bool) -> Refusal | None:
    """What changes something, or opens a socket, comes from the server's own page or from no page.

    The rest may also come by a link. Needs a Host that was admitted.
    """
    is_foreign = comes_from_elsewhere(headers)
    if changes:
        (host,), origins = values(headers, "host"), values(headers, "origin")
        is_foreign = is_foreign or not all(_is_of(origin, host) for origin in origins)
    elif is_navigation(headers):
        return None
    return Refusal(HTTPStatus.FORBIDDEN, "The request comes from a page of another address.") if is_foreign else None


def comes_from_elsewhere(headers: Headers) -> bool:
    """Whether a browser says that a page of another address asks; other clients say nothing."""
    return any(site not in ("same-origin", "none") for site in values(headers, "sec-fetch-site"))


def is_navigation(headers: Headers) -> bool:
    """Whether a browser says that a link or its address bar opens a page."""
    return values(headers, "sec-fetch-mode") == ["navigate"] and values(headers, "sec-fetch-dest") == ["document"]


def wrong_method(method: str, headers: Headers) -> Refusal | None:
    """GET and HEAD read; POST changes, and is JSON, which no page can send elsewhere without asking first."""
    if method in SAFE_METHODS:
        return None
    if method != "POST":
        return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET, HEAD and POST are answered.")
    types = values(headers, "content-type")
    if len(types) == 1 and types[0].partition(";")[0].strip().lower() == "application/json":
        return None
    return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The Content-Type of a POST must be application/json.")


def wrong_graphql(path: str, method: str, headers: Headers) -> Refusal | None:
    """By GET GraphQL has its playground and nothing more: no query, thus no mutation."""
    if not is_graphql(path) or method not in SAFE_METHODS or "text/html" in ",".join(values(headers, "accept")):
        return None
    return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "GraphQL is answered by POST only.")


def is_graphql(path: str) -> bool:
    """Whether Dagster answers GraphQL at the path, be it below a prefix."""
    return path.rstrip("/").endswith("/graphql")


def _is_of(origin: str, host: str) -> bool:
    parts = urlsplit(origin)
    # A proxy that ends TLS hands on the Host without its scheme.
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower() and not parts.path
