"""Whom a call to the open web believes, read once a process: to read it takes 15 ms, many times
what the call does."""

import ssl
from functools import cache

import httpx


@cache
def web_trust() -> ssl.SSLContext:
    """Whose client shows a certificate of its own has trust of its own: this is nobody's to
    change."""
    return httpx.create_ssl_context()
