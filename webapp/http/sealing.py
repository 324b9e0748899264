"""Searches for a person, in addresses that tell nobody whom: what stands in an address is kept by
browsers and by every proxy on the way.

A ?q= with an e-mail address, a document or a phone in it is written sealed, `?q=~…`: it can be
bookmarked and shared among the staff, and only this shop opens it. Search forms are posted to
`/find`, which leads to such an address; one that was typed by hand is led there too.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict

MARK = "~"
# A phone without its area has nine digits, a CNPJ fourteen; an access key of an NF-e has more.
_DIGITS = range(9, 15)


def set_up(app: Flask) -> None:
    """Of every address with a ?q= that is made or asked for, except those of the API: programs
    keep no history."""
    key = hashlib.sha256(f"search {app.config['SECRET_KEY']}".encode()).digest()
    app.extensions["seal"] = Fernet(base64.urlsafe_b64encode(key))
    app.before_request(_open)
    app.url_defaults(_seal_of_url)


def address(path: str, query: Mapping[str, Any]) -> str:
    """`path` with a query; what asks for a person is sealed."""
    told = {name: seal(value) if name == "q" else value for name, value in query.items()}
    return path + ("?" + urlencode(told) if told else "")


def is_personal(text: str) -> bool:
    return "@" in text or len(re.findall("[0-9]", text)) in _DIGITS


def seal(text: Any) -> Any:
    if not isinstance(text, str) or not is_personal(text):
        return text
    return MARK + _fernet().encrypt(text.encode()).decode().rstrip("=")


def unseal(written: str) -> str | None:
    """None for what was sealed by another shop, or cut off on the way: nobody knows what it asked
    for."""
    if not written.startswith(MARK):
        return written
    sealed = written.removeprefix(MARK)
    try:
        return _fernet().decrypt(sealed + "=" * (-len(sealed) % 4)).decode()
    except (InvalidToken, ValueError):
        return None


def _seal_of_url(endpoint: str, values: dict[str, Any]) -> None:
    if "q" in values and "_api." not in endpoint:
        values["q"] = seal(values["q"])


def _open() -> ResponseReturnValue | None:
    """Pages read what was asked for; an address that tells it is left for one that does not."""
    written = request.args.get("q", "")
    if request.method != "GET" or not written or request.path.startswith("/api/"):
        return None
    asked = request.args.to_dict()
    if not written.startswith(MARK):
        return redirect(address(request.path, asked)) if is_personal(written) else None
    opened = unseal(written)
    if opened is None:
        del asked["q"]
        return redirect(address(request.path, asked))
    asked["q"] = opened
    request.args = ImmutableMultiDict(asked)
    return None


def _fernet() -> Fernet:
    found: Fernet = current_app.extensions["seal"]
    return found
