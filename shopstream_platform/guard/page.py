"""The page that a browser gets instead of what it asked for."""

import html
from http import HTTPStatus

from starlette.responses import HTMLResponse, Response

# Also for what the server behind the guard answers.
HEADERS = {
    # Nobody else's page may show this one in a frame, or take it in as an image or a script.
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head>
<body><p>{sentence}</p></body></html>
"""


def refused(status: HTTPStatus, sentence: str, *, reload: str | None = None) -> Response:
    """One sentence; with `reload`, an address of this server that the browser is to open at once."""
    head = f'<meta http-equiv="refresh" content="0;url={html.escape(reload)}">' if reload else ""
    page = _PAGE.format(title=status.phrase, head=head, sentence=html.escape(sentence))
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'", "Connection": "close"}
    return HTMLResponse(page, status_code=status, headers=headers)
