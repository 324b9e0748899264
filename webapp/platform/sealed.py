"""Secrets that the database keeps and nobody may read there: sealed by AES-GCM with a key made of
SECRET_KEY, another one for each purpose.

A copy of the database alone opens none of them; a backup, which holds the secret too, opens all.
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

_NONCE = 12


class OtherKey(Exception):
    """It was sealed with another SECRET_KEY, or is damaged: only whoever knows the secret can give
    it again."""


def seal(purpose: str, plain: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(purpose).encrypt(nonce, plain, purpose.encode())


def unseal(purpose: str, sealed: bytes) -> bytes:
    """Raises OtherKey."""
    try:
        return _cipher(purpose).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise OtherKey(purpose) from error


def _cipher(purpose: str) -> AESGCM:
    return AESGCM(_key(current_app.extensions["settings"].secret_key, purpose))


@lru_cache(maxsize=16)
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"balcao {purpose}".encode()).derive(secret.encode())
