"""CPF and CNPJ: the digits that prove a number was typed right, and how each is written for people;
and the documents of other countries.

CNPJ follows Receita Federal's alphanumeric form (IN RFB 2.229/2024): each character counts as its
ASCII code less 48, which for digits is the digit itself.
"""

import enum
import re
from operator import mul

_SEPARATORS = re.compile(r"[.\-/\s]")
_CPF = re.compile(r"[0-9]{11}", re.ASCII)
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}", re.ASCII)
_CNPJ_LIKE = re.compile(r"[0-9A-Z]{14}", re.ASCII)
# What the NF-e takes as `idEstrangeiro`.
_FOREIGN = re.compile(r"[0-9A-Z]{5,20}", re.ASCII)


class DocumentKind(enum.StrEnum):
    CPF = "cpf"
    CNPJ = "cnpj"
    FOREIGN = "foreign"  # of a buyer abroad: a passport or the like, or nothing


# By the highest weight: the weights from the last character on.
_WEIGHTS = {top: tuple(2 + place % (top - 1) for place in range(13)) for top in (9, 11)}


def _check_digit(body: str, top_weight: int) -> str:
    values = [code - 48 for code in body.encode("ascii")[::-1]]
    rest = sum(map(mul, values, _WEIGHTS[top_weight])) % 11
    return "0" if rest < 2 else str(11 - rest)


def _completed(body: str, top_weight: int) -> str:
    for _ in range(2):
        body += _check_digit(body, top_weight)
    return body


def with_check_digits(body: str) -> str:
    """The CPF of its first nine digits, or the CNPJ of its first twelve characters."""
    return _completed(body, 11 if len(body) == 9 else 9)


def _bare(written: str) -> str:
    return _SEPARATORS.sub("", written).upper()


def is_long_as_cpf(written: str) -> bool:
    """Whether it has the digits of a CPF, be it one or not."""
    return _CPF.fullmatch(_bare(written)) is not None


def is_long_as_cnpj(written: str) -> bool:
    """Whether it has the characters of a CNPJ, be it one or not."""
    return _CNPJ_LIKE.fullmatch(_bare(written)) is not None


def normalize_document(written: str) -> str | None:
    """The bare CPF (11 digits) or CNPJ (14 characters) of `written`, or None when it is neither."""
    bare = _bare(written)
    if _CPF.fullmatch(bare):
        valid = len(set(bare)) > 1 and _completed(bare[:9], 11) == bare
    elif _CNPJ.fullmatch(bare):
        valid = len(set(bare)) > 1 and _completed(bare[:12], 9) == bare
    else:
        valid = False
    return bare if valid else None


def normalize_foreign_document(written: str) -> str | None:
    """The bare passport, or document of another country, of `written`; None when it is none."""
    bare = _bare(written)
    return bare if _FOREIGN.fullmatch(bare) else None


def read_document(written: str, country: str) -> str | None:
    """The bare document of somebody in that country; None when it is none."""
    bare = normalize_document(written)
    return bare if bare or country == "BR" else normalize_foreign_document(written)


def document_kind(bare: str) -> DocumentKind:
    if normalize_document(bare) != bare or not bare:
        return DocumentKind.FOREIGN
    return DocumentKind.CPF if len(bare) == 11 else DocumentKind.CNPJ


def format_document(bare: str) -> str:
    """`bare` as people write it: 999.999.999-99 or 99.999.999/9999-99; another country's as it
    is."""
    kind = document_kind(bare)
    if kind is DocumentKind.CPF:
        return f"{bare[:3]}.{bare[3:6]}.{bare[6:9]}-{bare[9:]}"
    if kind is DocumentKind.CNPJ:
        return f"{bare[:2]}.{bare[2:5]}.{bare[5:8]}/{bare[8:12]}-{bare[12:]}"
    return bare


def masked_document(bare: str) -> str:
    """Enough of a CPF or a passport to tell two people apart, not enough to use it; a CNPJ is
    public and stays whole."""
    kind = document_kind(bare)
    if kind is DocumentKind.CPF:
        return f"•••.{bare[3:6]}.{bare[6:9]}-••"
    if kind is DocumentKind.FOREIGN and bare:
        return f"•••{bare[-(len(bare) // 3) :]}"
    return format_document(bare)
