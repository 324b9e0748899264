"""What a rehearsal found, as an accountant reads it."""

from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.formatting import fine_percent_text
from webapp.platform.money import ZERO
from webapp.rehearsals.comparison import AMOUNTS, Cause, Tally
from webapp.rehearsals.models import Rehearsal

GROUPS = {"prod": _l("Product"), "ICMSUFDest": _l("DIFAL"), "IBSCBS": _l("IBS/CBS")}
FIELDS = {
    "CST": _l("tax code (CST)"),
    "CSOSN": _l("tax code (CSOSN)"),
    "cClassTrib": _l("class (cClassTrib)"),
    "cBenef": _l("benefit code (cBenef)"),
    "pICMS": _l("rate"),
    "pFCP": _l("poverty fund (FCP)"),
    "pICMSUFDest": _l("rate of the destination"),
    "pFCPUFDest": _l("poverty fund of the destination"),
    "pICMSInter": _l("rate between the states"),
    "pPIS": _l("rate"),
    "pCOFINS": _l("rate"),
    "pIBSUF": _l("IBS of the state"),
    "pIBSMun": _l("IBS of the city"),
    "pCBS": _l("CBS"),
    "pIBSSN": _l("IBS inside Simples"),
    "pCBSSN": _l("CBS inside Simples"),
    "cAtivSN": _l("activity in Simples"),
    "pCredSN": _l("credit of Simples"),
    "pRedBC": _l("reduction of the base"),
}
SUMS = {
    "vICMS": "ICMS",
    "vFCP": "FCP",
    "vICMSUFDest": _l("DIFAL"),
    "vFCPUFDest": _l("FCP of the destination"),
    "vST": "ICMS-ST",
    "vPIS": "PIS",
    "vCOFINS": "COFINS",
    "vIBS": "IBS",
    "vCBS": "CBS",
    "vIBSSN": _l("IBS inside Simples"),
    "vCBSSN": _l("CBS inside Simples"),
    "vNF": _l("Total of the NF-e"),
}


class Sum(NamedTuple):
    """A total over all notes."""

    name: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


class Findings(NamedTuple):
    """`refusals` and `changes` by their keys, those of most notes first."""

    tally: Tally
    refusals: list[tuple[str, Cause]]
    changes: list[tuple[str, Cause]]
    sums: list[Sum]


def findings_of(rehearsal: Rehearsal) -> Findings:
    tally = Tally.from_json(rehearsal.result)
    causes = sorted(
        tally.causes.items(), key=lambda pair: (-pair[1].notes, -len(pair[1].skus), pair[0])
    )
    return Findings(
        tally,
        [(key, cause) for key, cause in causes if cause.is_refusal],
        [(key, cause) for key, cause in causes if not cause.is_refusal],
        _sums(tally),
    )


def _sums(tally: Tally) -> list[Sum]:
    """Those that are not nothing on both sides."""
    sums = [
        Sum(str(SUMS[tag]), tally.before.get(tag, ZERO), tally.after.get(tag, ZERO))
        for tag in AMOUNTS
    ]
    return [each for each in sums if each.before or each.after]


def _in_words(tag: str, written: str) -> str:
    """A rate in the reader's form; a code as it is."""
    return fine_percent_text(Decimal(written)) if tag[0] == "p" and written else written


def cause_text(cause: Cause) -> str:
    """One sentence; of many products it names none."""
    if cause.is_refusal:
        return cause.issue.text
    group, _dot, tag = cause.code.partition(".")
    name = f"{GROUPS.get(group, group)}: {FIELDS.get(tag, tag)}"
    was, becomes = (_in_words(tag, cause.params[side]) for side in ("was", "becomes"))
    if not was:
        return _("%(name)s, new: %(value)s", name=name, value=becomes)
    if not becomes:
        return _("%(name)s, no longer written (was %(value)s)", name=name, value=was)
    return _("%(name)s: %(was)s becomes %(becomes)s", name=name, was=was, becomes=becomes)
