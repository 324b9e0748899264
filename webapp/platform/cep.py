"""The CEP: its written forms, and nothing else that happens to contain digits."""

import re
import unicodedata

# ASCII classes on purpose: `\d` and `str.isdigit` take other scripts' digits. A form is matched
# whole, and never made by throwing characters away: "01001000/../../x" must not become a CEP.
_WRITTEN = re.compile(
    r"(?:CEP[: ] ?)?([0-9]{2}\.?[0-9]{3}|[0-9]{5}[. ])-?([0-9]{3})", re.IGNORECASE
)
_SPREADSHEET = re.compile(r"([0-9]{7,8})(?:\.0)?|([0-9]{4})-([0-9]{3})")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_FIRST = 1_000_000  # 01000-000; nothing is assigned below it


def normalize_cep(value: object) -> str | None:
    """The eight ASCII digits of a CEP in any written form, or None.

    "01001-000", "01001000", "01.001-000", "01001 000", "CEP 01001-000". Spreadsheets turn a CEP
    into a number and lose its first zero; it is put back, which always gives a CEP of São Paulo
    state (01000 to 09999).
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and value > 99_999_999:
        return None
    text = str(value).strip(" \t\r\n\u00a0").translate(_DASHES)
    found = _WRITTEN.fullmatch(text) or _SPREADSHEET.fullmatch(text)
    if not found:
        return None
    digits = re.sub(r"[^0-9]", "", "".join(filter(None, found.groups()))).zfill(8)
    return digits if int(digits) >= _FIRST else None


def format_cep(cep: str) -> str:
    """ "01001000" as people write it: "01001-000"."""
    return f"{cep[:5]}-{cep[5:]}"


def folded(text: str) -> str:
    """A name without accents, case, spaces and punctuation, for comparing: "D'Oeste" and "doeste"
    are one."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain)
