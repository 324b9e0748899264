"""What a cell says, by what its column tells: numbers in the notation of the column, codes with the
zeros that a spreadsheet took from them. What cannot be read for sure is refused, never guessed."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import Any

from babel import Locale
from flask_babel import lazy_gettext as _l

from webapp.catalog.models import Kind
from webapp.customers.models import Taxpayer
from webapp.fiscal.digits import is_gtin
from webapp.http.filters import typed_by
from webapp.http.numbers import read_decimal
from webapp.imports.tables import Cell
from webapp.platform.documents import normalize_document
from webapp.platform.text import fold
from webapp.sales.models import PaymentMethod

# "br": 1.234,56; "en": 1,234.56; "": nobody can tell where both may be meant.
Notation = str
Reader = Callable[[Cell, Notation], Any]
_MONEY_SIGNS = re.compile(r"R\$|[%\s]")
_BRAZILIAN = re.compile(r"-?([0-9]{1,3}(\.[0-9]{3})+,[0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3}){2,})")
_ENGLISH = re.compile(r"-?([0-9]{1,3}(,[0-9]{3})+\.[0-9]+|[1-9][0-9]{0,2}(,[0-9]{3}){2,})")
_EITHER = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")
_ONE_SIGN = re.compile(r"-?[0-9]+([.,])[0-9]+")
_SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_BRAZILIAN_MONTHS = "jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez"
# What spreadsheets make of 3-1 or 10/2, in English and in Portuguese.
_DATE = re.compile(
    rf"[0-9]{{1,2}}-({_MONTHS})|({_MONTHS})-[0-9]{{2}}"
    rf"|[0-9]{{1,2}}/({_BRAZILIAN_MONTHS})|({_BRAZILIAN_MONTHS})/[0-9]{{2}}"
    r"|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2} 00:00:00"
)
_TAG = re.compile(r"<(br|/p|/li)[^>]*>|<[^>]{0,2000}>", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_CODE_SIGNS = re.compile(r"[.\-/ ]")
LONGEST_CATEGORY = 60
# Those that are written out.
UNITS = {
    **dict.fromkeys(("unidade", "unidades", "unid", "und", "unit", "units"), "UN"),
    **dict.fromkeys(("peca", "pecas", "piece"), "PC"),
    **dict.fromkeys(("caixa", "caixas", "box"), "CX"),
    **dict.fromkeys(("quilo", "quilograma", "quilogramas", "kilogram"), "KG"),
}
YES = {"1", "sim", "s", "yes", "y", "true", "verdadeiro", "x"}
NO = {"0", "nao", "n", "no", "false", "falso"}


class Unread(Exception):
    """Why a cell cannot be read, and how that is mended."""

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message


@dataclass
class Evidence:
    """Of a column: how many of its cells are written in either notation alone."""

    br: int = 0
    en: int = 0

    def look_at(self, cell: Cell) -> None:
        if not isinstance(cell, str) or not any(sign in cell for sign in ".,"):
            return
        text = _MONEY_SIGNS.sub("", cell)
        one = _ONE_SIGN.fullmatch(text)
        decimal = one[1] if one and not _EITHER.fullmatch(text) else ""
        self.br += decimal == "," or bool(_BRAZILIAN.fullmatch(text))
        self.en += decimal == "." or bool(_ENGLISH.fullmatch(text))


def notation_of(own: Evidence, all_of_them: Iterable[Evidence]) -> Notation:
    """By the column as a whole; where it tells nothing, by the other numbers of the file."""
    sums = Evidence()
    for other in all_of_them:
        sums.br, sums.en = sums.br + other.br, sums.en + other.en
    for each in (own, sums):
        if bool(each.br) != bool(each.en):
            return "br" if each.br else "en"
        if each.br:
            break
    return ""


def _refuse_strange(cell: Cell) -> None:
    if isinstance(cell, dict) and "merged" in cell:
        raise Unread(_l("This cell is merged with others; unmerge them, and fill in each of them."))
    if isinstance(cell, dict) and "long" in cell:
        raise Unread(_l("This cell is longer than 5,000 characters; shorten it."))
    if isinstance(cell, str) and cell.startswith("="):
        raise Unread(_l("This is a formula; save the file with its values instead."))
    if isinstance(cell, str) and cell.startswith("#") and cell.rstrip("!?/").isupper():
        raise Unread(_l("The spreadsheet shows an error here; mend the formula, or write a value."))


def text(cell: Cell, _notation: Notation = "") -> str:
    _refuse_strange(cell)
    if isinstance(cell, dict):
        return str(cell["date"])
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float):
        return f"{cell:.6f}".rstrip("0").rstrip(".")
    return str(cell)


def line(cell: Cell, _notation: Notation = "") -> str:
    return " ".join(text(cell).split())


def long_text(cell: Cell, _notation: Notation = "") -> str:
    """Shops write theirs in HTML."""
    written = text(cell)
    if "<" in written:
        written = unescape(_TAG.sub(lambda tag: "\n" if tag[1] else "", written))
    return written.replace("\r\n", "\n").strip()


def code(cell: Cell, _notation: Notation = "") -> str:
    """What a spreadsheet must not take for a number or a date."""
    _refuse_strange(cell)
    if isinstance(cell, dict) or (isinstance(cell, str) and _DATE.fullmatch(cell)):
        raise Unread(
            _l(
                "The spreadsheet made a date of this code. Format the column as text, type the "
                "code again, and save the file."
            )
        )
    if isinstance(cell, float) and not cell.is_integer():
        return text(cell)
    if isinstance(cell, float) or (isinstance(cell, str) and _SHORTENED.fullmatch(cell)):
        raise Unread(
            _l(
                "The spreadsheet shortened this code to %(code)s and its digits are lost. Format "
                "the column as text in the original file, and save it again.",
                code=f"{cell:.5G}" if isinstance(cell, float) else cell,
            )
        )
    return line(cell)


def _with_zeros(written: str, length: int, fits: Callable[[str], bool] = bool) -> str:
    filled = written.zfill(length)
    return filled if _DIGITS.fullmatch(written) and fits(filled) else written


def gtin(cell: Cell, _notation: Notation = "") -> str:
    """Bare; a GTIN-8 that lost the zero at its head has it again."""
    bare = _CODE_SIGNS.sub("", code(cell))
    if bare.upper() in ("SEMGTIN", "0"):
        return ""
    return _with_zeros(bare, 8, is_gtin) if len(bare) == 7 else bare


def isbn(cell: Cell, _notation: Notation = "") -> str:
    bare = _CODE_SIGNS.sub("", code(cell))
    return bare.zfill(10) if len(bare) == 9 else bare


def ncm(cell: Cell, _notation: Notation = "") -> str:
    """The first nine chapters begin with a zero."""
    bare = _CODE_SIGNS.sub("", code(cell))
    return _with_zeros(bare, 8) if len(bare) == 7 else bare


def cep(cell: Cell, _notation: Notation = "") -> str:
    written = code(cell)
    bare = _CODE_SIGNS.sub("", written)
    return bare.zfill(8) if len(bare) == 7 and _DIGITS.fullmatch(bare) else written


def document(cell: Cell, _notation: Notation = "") -> str:
    """A CPF or CNPJ that lost zeros at its head has them again where its check digits then fit."""
    written = code(cell)
    bare = _CODE_SIGNS.sub("", written)
    if not _DIGITS.fullmatch(bare) or normalize_document(bare):
        return written
    for length in (11, 14):
        if length - 3 <= len(bare) < length and normalize_document(bare.zfill(length)):
            return bare.zfill(length)
    return written


def decimal(cell: Cell, notation: Notation) -> Decimal:
    _refuse_strange(cell)
    if isinstance(cell, dict):
        raise Unread(
            _l(
                "The spreadsheet made a date of this number. Format the column as a number, type "
                "it again, and save the file."
            )
        )
    if not isinstance(cell, str):
        return Decimal(f"{cell:.6f}".rstrip("0").rstrip(".")) if cell % 1 else Decimal(int(cell))
    written = _MONEY_SIGNS.sub("", cell)
    if not notation and _EITHER.fullmatch(written):
        raise Unread(
            _l(
                "Nobody can tell whether %(number)s is a thousand or a fraction. Say above how the "
                "file writes its numbers, or write it with two digits behind the comma.",
                number=written,
            )
        )
    number = read_decimal(written, notation != "en")
    if number is None:
        raise Unread(_l("This is not a number; write it like 1234,56."))
    return number


def whole(cell: Cell, notation: Notation) -> Any:
    number = decimal(cell, notation)
    if number != number.to_integral_value():
        raise Unread(_l("Use a whole number."))
    return int(number)


def grams(cell: Cell, notation: Notation) -> int:
    """Of a weight in kilograms."""
    return int((decimal(cell, notation) * 1000).to_integral_value())


def flag(cell: Cell, _notation: Notation = "") -> Any:
    word = fold(line(cell))
    if word not in YES | NO:
        raise Unread(_l("Write yes or no."))
    return word in YES


def _one_of(words: Mapping[str, str], message: object) -> Reader:
    def read(cell: Cell, _notation: Notation = "") -> str:
        word = " ".join(fold(line(cell)).replace("-", " ").replace("_", " ").split())
        if word not in words:
            raise Unread(message)
        return words[word]

    return read


KIND_WORDS: dict[str, str] = {
    **{str(kind).replace("_", " "): str(kind) for kind in Kind},
    **dict.fromkeys(
        ("p", "produto", "fisico", "produto fisico", "mercadoria", "simple", "simples", "goods"),
        "physical",
    ),
    **dict.fromkeys(
        ("mercadoria para revenda", "00 mercadoria para revenda", "physical product"), "physical"
    ),
    **dict.fromkeys(("livro", "livros", "books", "impresso"), "book"),
    **dict.fromkeys(("e book", "livro digital", "digital"), "ebook"),
    **dict.fromkeys(("dvd", "blu ray", "video em disco", "video on disc"), "video"),
    **dict.fromkeys(("video por streaming", "streaming video", "streaming de video"), "streaming"),
    **dict.fromkeys(("assinatura", "plano", "clube", "subscription"), "membership"),
    **dict.fromkeys(("upgrade de assinatura", "membership upgrade"), "membership_upgrade"),
    **dict.fromkeys(("reativacao de assinatura",), "membership_reactivation"),
}
kind = _one_of(
    KIND_WORDS,
    _l(
        "This kind of product is not known here; write physical, book, ebook, video, streaming or "
        "membership."
    ),
)
taxpayer = _one_of(
    {
        **{str(each).replace("_", " "): str(each) for each in Taxpayer},
        **dict.fromkeys(
            ("1", "contribuinte", "contribuinte icms", "contribuinte do icms", "icms taxpayer"),
            "contributor",
        ),
        **dict.fromkeys(
            (
                "2",
                "isento",
                "contribuinte isento",
                "isento de inscricao estadual",
                "exempt from state registration",
            ),
            "exempt",
        ),
        **dict.fromkeys(("9", "nao contribuinte", "not a taxpayer"), "non_contributor"),
    },
    _l("Write contributor, exempt or non_contributor."),
)


payment_method = _one_of(
    {
        **{str(each).replace("_", " "): str(each) for each in PaymentMethod},
        **dict.fromkeys(("cartao de credito", "cartao", "credito", "card"), "credit_card"),
        **dict.fromkeys(("cartao de debito", "debito"), "debit_card"),
        **dict.fromkeys(("boleto bancario", "bank slip"), "boleto"),
        **dict.fromkeys(("carteira digital", "digital wallet", "paypal", "mercado pago"), "wallet"),
        **dict.fromkeys(("credito na loja", "credito da loja", "vale"), "store_credit"),
        **dict.fromkeys(("dinheiro", "cash", "outro", "outros", "transferencia"), "other"),
    },
    _l("Write pix, credit_card, debit_card, boleto, wallet, store_credit or other."),
)


def by(cell: Cell, _notation: Notation = "") -> str:
    """A moment by which something is to be done."""
    try:
        return typed_by(line(cell)).isoformat()
    except ValueError as error:
        raise Unread(error.args[0]) from None


def category(cell: Cell, _notation: Notation = "") -> str:
    """Shops list several, each with those that it stands under: the first, by its own name where
    the whole is too long."""
    written = line(cell)
    if len(written) > LONGEST_CATEGORY:
        written = written.split(",")[0].strip()
    if len(written) > LONGEST_CATEGORY:
        written = written.rsplit(">", 1)[-1].strip()
    return written


def origin(cell: Cell, _notation: Notation = "") -> str:
    """Its digit; others write its meaning behind it."""
    return line(cell)[:1]


def unit(cell: Cell, _notation: Notation = "") -> str:
    return UNITS.get(fold(line(cell)), line(cell).upper())


def country(cell: Cell, _notation: Notation = "") -> str:
    """Its two letters, also for its name in Portuguese or English."""
    word = fold(line(cell))
    return COUNTRY_CODES.get(word, line(cell))


def _country_codes() -> dict[str, str]:
    codes = {
        fold(name): found
        for language in ("en", "pt")
        for found, name in Locale(language).territories.items()
        if len(found) == 2 and found.isalpha()
    }
    return codes | {"bra": "BR"}


COUNTRY_CODES = _country_codes()
