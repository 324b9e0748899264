"""Notes of our own by which a schema package is tried before it is used: every regime, the buyers
and goods that make a note another shape, on the package's first day and on each later one on which
the calendar changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

from webapp.fiscal.calendar import ASKED, BUILT_IN, Calendar, Term
from webapp.fiscal.document import Numbering, build
from webapp.fiscal.note import Address, Issuer, Item, Note, Party, TechnicalContact
from webapp.fiscal.places import state
from webapp.fiscal.schema import Package
from webapp.fiscal.tax_book import EXAMPLE_BOOK, REGIMES, TaxBook

ISSUER = Issuer(
    "99888777000100",
    "Loja de Referencia Ltda",
    "Referencia",
    "492730565410",
    "1",
    Address("Rua Um", "1", "", "Centro", "Osasco", "3534401", "SP", "06243110"),
    "1130000010",
    technical_contact=TechnicalContact(
        "99777666000118", "Suporte", "suporte@example.com", "1130000011", "01", "REFERENCIA"
    ),
    authorized_parties=("99910482860",),
)
NEAR = Address("Rua Dois", "2", "Ap. 3", "Centro", "Sao Paulo", "3550308", "SP", "05010000")
FAR = Address("Rua Tres", "3", "", "Centro", "Rio de Janeiro", "3304557", "RJ", "20010000")
ABROAD = Address("Rua Augusta", "12", "", "Baixa", "Lisboa", "", "", "1100-048", "PT")
CONSUMER = Party("Comprador de Referencia", "99910482860", NEAR, "comprador@example.com")
COMPANY = Party(
    "Empresa de Referencia Ltda",
    "7K2M9QX4000108",
    NEAR,
    state_registration="669182042119",
    taxpayer="contributor",
)
GOODS = Item("REF-1", "Caneca", "73239400", 3, Decimal("45.50"), freight=Decimal("9.90"))
BOOK = Item("REF-2", "Livro", "49019900", 1, Decimal("89.90"), "9786599999901", kind="book")
GIFT = Item("REF-3", "Brinde", "85234990", 1, Decimal("9.90"), discount=Decimal("9.90"), gift=True)
# Whatever is asked for is known to them.
_ANY_VALUE = Decimal("1.00")


def refused_references(package: Package) -> list[str]:
    """What the package refuses, each with its regime and day; nothing where it fits. Raises
    etree.LxmlError for files that are no schema."""
    asked = (Term(code, what, date.min, None, "", _ANY_VALUE) for code, what in ASKED.items())
    calendar = Calendar((*asked, *BUILT_IN))
    book = replace(EXAMPLE_BOOK, packages=(package,), calendar=calendar)
    days = {package.starts} | {term.start for term in BUILT_IN if term.start > package.starts}
    return [told for day in sorted(days) for told in _refused_on(day, book, package)]


def _refused_on(day: date, book: TaxBook, package: Package) -> Iterator[str]:
    zone = state(ISSUER.address.state).zone
    number = Numbering(1, 1, datetime.combine(day, time(12), zone), "48151623")
    for note in _notes():
        for problem in package.problems(build(note, book, number)):
            yield f"CRT {note.issuer.crt}, {day}: {problem.place or problem.reason}"


def _notes() -> Iterator[Note]:
    far, abroad = (
        replace(CONSUMER, address=FAR),
        replace(CONSUMER, address=ABROAD, document="AB12345"),
    )
    for crt in sorted(REGIMES):
        issuer = replace(ISSUER, crt=crt)
        for buyer in (CONSUMER, far, abroad, COMPANY):
            yield Note("homologation", issuer, buyer, (GOODS, BOOK, GIFT), "pix")
