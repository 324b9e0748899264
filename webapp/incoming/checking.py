"""A file of an import, looked over: is it taken, as what, and what is said of it."""

import logging
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select

from webapp.fiscal.foreign import (
    ROOT,
    ForeignEvent,
    ForeignNote,
    Protocol,
    Signed,
    Unreadable,
    party_document,
    read,
)
from webapp.fiscal.tax_book import TaxBook
from webapp.imports.models import ImportRow, RowOutcome
from webapp.incoming.archives import content_of
from webapp.incoming.filing import (
    CANCELLING,
    Facts,
    event_facts,
    events_here,
    keys_here,
    note_facts,
)
from webapp.incoming.matching import Goods, products_of
from webapp.platform.database import db
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book

log = logging.getLogger(__name__)
# Of an import's products that the catalog has not: further ones are not told.
MOST_UNMATCHED = 500
_PRODUCTION = "1"


class ImportingShop(NamedTuple):
    """What files are looked at by."""

    cnpj: str
    book: TaxBook
    is_production: bool

    @classmethod
    def now(cls) -> "ImportingShop":
        return cls(the_shop().cnpj, the_tax_book(), the_shop().is_production)

    def is_own(self, document: str) -> bool:
        return bool(document) and document[:ROOT] == self.cnpj[:ROOT]


@dataclass
class CheckedFile:
    """`key` names the note or the event in it; without one it is refused for `problem`."""

    number: int
    name: str
    problem: str = ""
    key: str = ""
    facts: Facts = field(default_factory=dict)
    goods: list[Goods] = field(default_factory=list)
    is_here: bool = False

    @property
    def outcome(self) -> RowOutcome:
        if self.problem:
            return RowOutcome.REFUSED
        return RowOutcome.KNOWN if self.is_here else RowOutcome.ACCEPTED

    def row(self, import_id: int) -> ImportRow:
        return ImportRow(
            import_id=import_id,
            number=self.number,
            name=self.name,
            outcome=self.outcome,
            problem=self.problem,
            key=self.key,
            facts=self.facts,
        )


def check_file(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, number: int, shop: ImportingShop
) -> CheckedFile:
    checked = CheckedFile(number, entry.filename)
    try:
        found = read(content_of(archive, entry), shop.book)
    except Unreadable as refused:
        checked.problem = refused.code
        return checked
    except Exception:
        # A fault of ours with one file, which must not hold up the thousands beside it.
        log.exception("file %s of an import was not looked over", number)
        checked.problem = "failed"
        return checked
    if isinstance(found, ForeignEvent):
        checked.key, checked.facts = found.event_id, event_facts(found)
        checked.problem = problem_of_event(found)
        return checked
    is_own = shop.is_own(party_document(found.issuer))
    checked.key, checked.facts = found.access_key, note_facts(found, is_own)
    checked.goods = [Goods.of(item) for item in found.items]
    checked.problem = problem_of(found, shop)
    return checked


def problem_of(note: ForeignNote, shop: ImportingShop) -> str:
    """Why it is not taken, as a code; empty where it is."""
    parties = party_document(note.issuer), party_document(note.recipient)
    if not any(map(shop.is_own, parties)):
        return "not_ours"
    if shop.is_production and note.environment != _PRODUCTION:
        return "homologation"
    if note.verdicts.signature is Signed.NONE:
        return "unsigned"
    if note.verdicts.signature is Signed.WRONG:
        return "changed"
    return "other_protocol" if note.verdicts.protocol is Protocol.DIFFERS else ""


def problem_of_event(event: ForeignEvent) -> str:
    if event.signature in (Signed.NONE, Signed.WRONG):
        return "changed" if event.signature is Signed.WRONG else "unsigned"
    # The issuer's CNPJ stands in the key.
    by_issuer = event.author[:ROOT] == event.access_key[6 : 6 + ROOT]
    return "" if by_issuer or event.kind not in CANCELLING else "other_author"


def mark_known(checked: Sequence[CheckedFile], import_id: int) -> None:
    """Those that are here already, or came in an earlier file of the same import."""
    keys = {each.key for each in checked if not each.problem}
    before = select(ImportRow.key).where(
        ImportRow.import_id == import_id,
        ImportRow.key.in_(keys),
        ImportRow.outcome != RowOutcome.REFUSED,
    )
    seen = keys_here(keys) | events_here(keys) | set(db.session.scalars(before))
    for each in checked:
        each.is_here = each.key in seen
        if each.key and not each.problem:
            seen.add(each.key)


def with_unmatched(
    known: Sequence[Sequence], checked: Iterable[CheckedFile]
) -> list[tuple[str, str, str, int]]:
    """What the catalog has not, with the number of notes that have it: what was `known` before, and
    what these files add."""
    notes = {Goods(*goods): count for *goods, count in known}
    fresh: dict[Goods, int] = {}
    for each in checked:
        if each.outcome is RowOutcome.ACCEPTED:
            for goods in dict.fromkeys(each.goods):
                fresh[goods] = fresh.get(goods, 0) + 1
    unsure = {goods for goods in fresh if goods not in notes}
    matched = products_of(unsure)
    for goods, count in fresh.items():
        if goods in notes or (goods not in matched and len(notes) < MOST_UNMATCHED):
            notes[goods] = notes.get(goods, 0) + count
    return [(*goods, count) for goods, count in notes.items()]
