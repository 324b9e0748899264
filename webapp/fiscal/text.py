"""Any text brought into the alphabet of the schema's TString: one line of Latin-1, no edge or
double blanks."""

import re
import unicodedata

_PLAIN = re.compile(r"[!-~¡-¬®-ÿ]+(?: [!-~¡-¬®-ÿ]+)*\Z").match
_KEPT = re.compile(r"[ -~¡-¬®-ÿ]").match
_MAPPED = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "′": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "″": '"',
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "•": "-",
        "€": "EUR",
        "Œ": "OE",
        "œ": "oe",
        "Ł": "L",
        "ł": "l",
        "ı": "i",
        "\u00ad": "",
    }
)
_UNSEEN = {"Mn", "Me", "Cf"}


def _letter(char: str) -> str:
    if _KEPT(char):
        return char
    kept = "".join(part for part in unicodedata.normalize("NFKD", char) if _KEPT(part))
    return kept or ("" if unicodedata.category(char) in _UNSEEN else " ")


def clean(value: str, length: int = 60) -> str:
    """`value` as the schema can read it, at most `length` long; empty when nothing of it can be
    written."""
    if not _PLAIN(value):
        composed = unicodedata.normalize("NFC", value).translate(_MAPPED)
        value = " ".join("".join(map(_letter, composed)).split())
    return value if len(value) <= length else value[:length].rstrip()


def loses(value: str, length: int = 60) -> bool:
    """Whether `clean` drops a visible character of `value`, or its end."""
    if _PLAIN(value):
        return len(value) > length
    composed = unicodedata.normalize("NFC", value).translate(_MAPPED)
    return (
        any(_letter(char) == " " and not char.isspace() for char in composed)
        or len(clean(value, length + 1)) > length
    )


def digits(value: str) -> str:
    """The ASCII digits of `value`."""
    return value if value.isascii() and value.isdigit() else re.sub(r"[^0-9]", "", value)


def identifier(value: str) -> str:
    """The ASCII letters, upper case, and digits of `value`: a CPF or CNPJ without its
    punctuation."""
    return re.sub(r"[^0-9A-Z]", "", value.upper())
