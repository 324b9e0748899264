"""Notes as they are written today beside the same notes as of another day or by another book: what
changes about their items, what would be refused, and by how much the taxes differ."""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from lxml import etree

from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import DRAFT_CODE, Numbering, build
from webapp.fiscal.note import Note
from webapp.fiscal.places import state
from webapp.fiscal.tax_book import TaxBook
from webapp.fiscal.xml import NAMESPACE
from webapp.platform.issues import ERROR, Issue
from webapp.platform.money import ZERO

# Totals of a note whose sums are told; `vTotTrib` is what a buyer is told, no tax.
AMOUNTS = (
    ("vICMS", "vFCP", "vICMSUFDest", "vFCPUFDest", "vST", "vPIS", "vCOFINS")
    + ("vIBS", "vCBS", "vIBSSN", "vCBSSN")
    + ("vNF",)
)
# Of an item's `prod`, what the taxes decide.
PRODUCT_TAGS = ("CFOP", "CEST", "cBenef")
MOST_CAUSES, MOST_PRODUCTS = 200, 1000
NOON = dt.time(12)
_OFFSET = len(NAMESPACE) + 2


class Side(NamedTuple):
    """By which book, and as of which day, a note is built."""

    book: TaxBook
    day: dt.date


class WrittenChange(NamedTuple):
    """A field of an item that is written otherwise; empty where it is not written."""

    group: str
    tag: str
    was: str
    becomes: str
    sku: str


class Verdict(NamedTuple):
    """What came of one note."""

    changes: list[WrittenChange]
    errors: list[Issue]
    before: dict[str, Decimal]
    after: dict[str, Decimal]


def judge(note: Note, before: Side, after: Side) -> Verdict:
    old = build(note, before.book, _numbering(note, before.day))
    number = _numbering(note, after.day)
    new = build(note, after.book, number)
    issues = run_checks(note, new, after.book, number.issued_at).issues
    errors = [issue for issue in issues if issue.level == ERROR]
    return Verdict(list(_changes(note, old, new)), errors, _amounts(old), _amounts(new))


def _numbering(note: Note, day: dt.date) -> Numbering:
    """That of a draft at noon of the day, where the issuer is."""
    zone = state(note.issuer.address.state).zone
    return Numbering(0, 1, dt.datetime.combine(day, NOON, zone), DRAFT_CODE)


def _changes(note: Note, old: etree._Element, new: etree._Element) -> Iterator[WrittenChange]:
    tag = f"{{{NAMESPACE}}}det"
    dets = zip(note.items, old[0].iterchildren(tag), new[0].iterchildren(tag), strict=True)
    for item, old_det, new_det in dets:
        written, rewritten = _item_fields(old_det), _item_fields(new_det)
        for group, tag in written | rewritten:
            was, now = written.get((group, tag), ""), rewritten.get((group, tag), "")
            if was != now:
                yield WrittenChange(group, tag, was, now, item.sku)


def _item_fields(det: etree._Element) -> dict[tuple[str, str], str]:
    """Codes and rates by group of taxes and tag; amounts follow from them and are told as sums."""
    fields = {}
    for leaf in det[0]:
        if leaf.tag[_OFFSET:] in PRODUCT_TAGS:
            fields["prod", leaf.tag[_OFFSET:]] = leaf.text or ""
    for group in det[1]:
        name = group.tag[_OFFSET:]
        for leaf in group.iter("*"):
            tag = leaf.tag[_OFFSET:]
            if not len(leaf) and tag[0] != "v":
                fields[name, tag] = leaf.text or ""
    return fields


def _amounts(document: etree._Element) -> dict[str, Decimal]:
    total = document[0].find(f"{{{NAMESPACE}}}total")
    if total is None:
        return {}
    found = {leaf.tag[_OFFSET:]: leaf.text or "" for leaf in total.iter("*") if not len(leaf)}
    return {tag: Decimal(found[tag]) for tag in AMOUNTS if tag in found}


@dataclasses.dataclass
class Cause:
    """Why notes change or would be refused. `field` is where that is mended, empty for a change;
    `skus` the first products it is about, `products` how many there are."""

    code: str
    field: str
    message: str
    params: dict[str, Any]
    fix: str = ""
    notes: int = 0
    skus: dict[str, None] = dataclasses.field(default_factory=dict)
    is_refusal: bool = False

    @property
    def issue(self) -> Issue:
        return Issue(self.code, self.field, self.params, message=self.message, fix=self.fix)


@dataclasses.dataclass
class Tally:
    """What all notes and products judged so far came to; `causes` by what is the same of them."""

    notes: int = 0
    changed: int = 0
    refused: int = 0
    products: int = 0
    causes: dict[str, Cause] = dataclasses.field(default_factory=dict)
    before: dict[str, Decimal] = dataclasses.field(default_factory=dict)
    after: dict[str, Decimal] = dataclasses.field(default_factory=dict)

    def add_note(self, verdict: Verdict) -> None:
        self.notes += 1
        self.changed += bool(verdict.changes or verdict.before != verdict.after)
        self.refused += bool(verdict.errors)
        for cause in self._told(verdict, whole_note=True):
            cause.notes += 1
        for sums, amounts in ((self.before, verdict.before), (self.after, verdict.after)):
            for tag, amount in amounts.items():
                sums[tag] = sums.get(tag, ZERO) + amount

    def add_products(self, count: int, verdict: Verdict) -> None:
        """Of products on a note that nobody ordered; what is wrong with that note alone is left
        out."""
        self.products += count
        self._told(verdict, whole_note=False)

    def _told(self, verdict: Verdict, whole_note: bool) -> list[Cause]:
        """The causes of one note, each once, with their products written in."""
        told: dict[str, Cause] = {}
        for change in verdict.changes:
            key = f"{change.group}/{change.tag}/{change.was}/{change.becomes}"
            self._tell(told, key, change.sku, _cause_of_change, change)
        for issue in verdict.errors:
            sku = str(issue.params.get("sku") or "")
            if sku or whole_note:
                self._tell(told, f"!{issue.code}/{issue.field}", sku, _cause_of_refusal, issue)
        return list(told.values())

    def _tell(self, told: dict[str, Cause], key: str, sku: str, make: Any, of: Any) -> None:
        cause = self.causes.get(key)
        if cause is None:
            if len(self.causes) >= MOST_CAUSES:
                return
            cause = self.causes[key] = make(of)
        told[key] = cause
        if sku and len(cause.skus) < MOST_PRODUCTS:
            cause.skus[sku] = None

    def to_json(self) -> dict[str, Any]:
        return {
            "notes": self.notes,
            "changed": self.changed,
            "refused": self.refused,
            "products": self.products,
            "causes": {
                key: vars(cause) | {"skus": list(cause.skus)} for key, cause in self.causes.items()
            },
            "before": {tag: str(amount) for tag, amount in self.before.items()},
            "after": {tag: str(amount) for tag, amount in self.after.items()},
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Tally":
        if not stored:
            return cls()
        causes = {
            key: Cause(**kept | {"skus": dict.fromkeys(kept["skus"])})
            for key, kept in stored["causes"].items()
        }
        sums = {side: _decimals(stored[side]) for side in ("before", "after")}
        return cls(**stored | sums | {"causes": causes})


def _decimals(stored: dict[str, str]) -> dict[str, Decimal]:
    return {tag: Decimal(amount) for tag, amount in stored.items()}


def _cause_of_change(change: WrittenChange) -> Cause:
    params = {"field": change.tag, "was": change.was, "becomes": change.becomes}
    return Cause(f"{change.group}.{change.tag}", "", "", params)


def _cause_of_refusal(issue: Issue) -> Cause:
    return Cause(
        issue.code,
        issue.field,
        issue.message,
        dict(issue.params),
        issue.fix,
        is_refusal=True,
    )
