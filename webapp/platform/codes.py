"""Which codes a text may be, however somebody typed, pasted or scanned it: the one reading that the
search of every list, the palette and the API go by.

A text may be several of them (11 digits are a CPF or a phone); each is then asked for.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from webapp.platform.documents import normalize_document, normalize_foreign_document
from webapp.platform.text import bare, fold, has_digit

LONGEST = 500
KEY_LENGTH = 44
GTIN_LENGTHS = (8, 12, 13, 14)
# Anywhere in it: after "NFe", in the address of a QR code, spaced in fours.
_KEY = re.compile(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}", re.ASCII)
_KEY_CHARACTERS = re.compile(r"[\s.\-]")
_EMAIL = re.compile(r"[^\s<>,;:@]+@[^\s<>,;:@]+\.[^\s<>,;:@]+")
_NUMBER = r"([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,9})"
_SERIES = r"([0-9]{1,3})"
_NOTE = r"(?:nf(?:-?e)?\b|nota(?: fiscal)?\b)"
_NR = r"(?:n[or]?[.\s]|n°|num(?:ero)?\b\.?|number\b|#)"
_PRINTED = re.compile(rf"(?:{_NOTE}\s*)?(?:{_NR}\s*)?{_SERIES}\s?[-/]\s?{_NUMBER}", re.ASCII)
_WITH_SERIES = re.compile(
    rf"(?:{_NOTE}[\s,]*)?seri?e?s?\.?\s*{_SERIES}[\s,\-/]*(?:{_NR}\s*)?{_NUMBER}", re.ASCII
)
_NAMED = re.compile(rf"(?:{_NOTE}\s*)?(?:{_NR}\s*)?{_NUMBER}", re.ASCII)
_BAR_CODE = re.compile(r"[0-9]{8}|[0-9]{9}[0-9X]|[0-9]{12,14}", re.ASCII)
_PHONE_SIGNS = re.compile(r"[\s().\-+/]")
_PHONE = re.compile(r"(?:00)?(?:55)?0?([1-9][0-9]{9,10})|([2-9][0-9]{7,8})", re.ASCII)
_SAYS_PHONE = re.compile(r"\s*(?:\+|00\s?55|\(0?[0-9]{2}\))")
NATIONAL = 11
_REFERENCE = re.compile(r"([A-Za-z]+)([0-9]+)", re.ASCII)


@dataclass(frozen=True)
class NoteNumber:
    """Series (None: any of the shop's) and number of an NF-e. `is_said`: it cannot be anything
    else, for it was written with its series, its points or a word before it."""

    series: int | None
    number: int
    is_said: bool


@dataclass(frozen=True)
class Codes:
    """What a text may be; "", None or nothing where it cannot. A `document` proves itself by its
    digits, a `foreign` one by nothing. `phone`: digits, of a Brazilian one without the country."""

    written: str
    access_key: str = ""
    note: NoteNumber | None = None
    document: str = ""
    foreign: str = ""
    bar_codes: frozenset[str] = frozenset()
    phone: str = ""
    email: str = ""
    references: frozenset[str] = frozenset()

    def spellings(self) -> set[str]:
        """How a code that the whole text is, without doubt, stands in a search text (a number of an
        NF-e as a word of its own)."""
        sure = self.access_key or self.email or self.document
        if sure:
            return {sure}
        if self.phone and _SAYS_PHONE.match(self.written):
            return {self.phone}
        if self.phone and len(bare(self.written)) > NATIONAL:
            return {self.phone, bare(self.written)}
        if self.note and self.note.is_said and self.note.series is None:
            return {f"  {self.note.number}  "}
        # A GTIN may be kept with leading zeros: without them it stands in both. One of two
        # spellings of an ISBN is what is kept.
        without_zeros = {code.lstrip("0") for code in self.bar_codes if is_bar_code(code)}
        return {code for code in without_zeros if len(code) > 4}


@lru_cache(maxsize=256)
def codes_in(written: str) -> Codes:
    text = written[:LONGEST].replace("\0", "").strip()
    plain = bare(text).upper()
    email = _EMAIL.search(text)
    found = _KEY.search(_KEY_CHARACTERS.sub("", text).upper())
    return Codes(
        text,
        access_key=found[0] if found else "",
        note=_note(text),
        document=normalize_document(text) or "",
        foreign=(normalize_foreign_document(text) or "") if has_digit(text) else "",
        bar_codes=bar_codes_of(text),
        phone=_phone(text),
        email=fold(email[0]) if email and len(text.split()) == 1 else "",
        references=_references(text, plain),
    )


def _note(text: str) -> NoteNumber | None:
    plain = " ".join(fold(text).split())
    for pattern in (_PRINTED, _WITH_SERIES):
        found = pattern.fullmatch(plain)
        if found:
            return NoteNumber(int(found[1]), _number(found[2]), is_said=True)
    found = _NAMED.fullmatch(plain)
    if not found:
        return None
    return NoteNumber(None, _number(found[1]), is_said="." in found[1] or found[1] != plain)


def _number(written: str) -> int:
    return int(written.replace(".", ""))


def bar_codes_of(written: str) -> frozenset[str]:
    """How a catalog may hold a code as scanners send it: a GTIN with and without leading zeros, an
    ISBN of ten places and of thirteen."""
    code = re.sub(r"[\s\-.]", "", written).upper()
    if not _BAR_CODE.fullmatch(code):
        return frozenset()
    digits = code.lstrip("0")
    forms = {code} | {digits.zfill(length) for length in GTIN_LENGTHS if len(digits) <= length}
    if len(code) == 10:
        forms.add("978" + code[:9] + gtin_digit("978" + code[:9]))
    if len(code) == 13 and code.startswith("978"):
        forms.add(code[3:12] + _isbn_digit(code[3:12]))
    return frozenset(forms)


def is_bar_code(code: str) -> bool:
    """Whether the last digit proves it."""
    body, last = code[:-1], code[-1:]
    return _BAR_CODE.fullmatch(code) is not None and last == (
        _isbn_digit(body) if len(code) == 10 else gtin_digit(body)
    )


def gtin_digit(body: str) -> str:
    """GS1 general specifications, modulo 10."""
    weighed = (int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body)))
    return str(-sum(weighed) % 10)


def _isbn_digit(body: str) -> str:
    """ISO 2108: weights 10 to 2, modulo 11."""
    rest = -sum(int(digit) * (10 - place) for place, digit in enumerate(body)) % 11
    return "X" if rest == 10 else str(rest)


def _phone(text: str) -> str:
    found = _PHONE.fullmatch(_PHONE_SIGNS.sub("", text))
    return (found[1] or found[2]) if found else ""


def _references(text: str, plain: str) -> frozenset[str]:
    """How an order's reference that is typed so may be kept: in any case, with or without its
    dash."""
    if not text:
        return frozenset()
    parts = _REFERENCE.fullmatch(plain)
    forms = {text, bare(text)} | ({f"{parts[1]}-{parts[2]}"} if parts else set())
    every = {form for one in forms for form in (one, one.upper(), one.lower(), one.capitalize())}
    return frozenset(form for form in every if form)
