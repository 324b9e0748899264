"""The shapes of what an accountant writes: a version of a tax profile, who takes which profile, a
state's rates and a value of the fiscal calendar."""

import re
from decimal import Decimal
from typing import Annotated

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from webapp.fiscal.calendar import ASKED
from webapp.fiscal.classes import CLASSES
from webapp.fiscal.places import STATES
from webapp.http.forms import (
    BlankIsNone,
    Day,
    FieldRefused,
    FinePercent,
    OneOf,
    Percent,
    Shape,
    Text,
    example,
)
from webapp.taxation.words import CSOSN, IBS_CBS, ICMS_CST, KINDS, NATURES, ORIGINS, PIS_COFINS

ST_PAID = ("60", "500")
# By percentage: the codes of ICMS that may have it; the first needs it.
PERCENTAGES = {"reduction": ("20",), "credit_rate": ("101", "900")}
# What a class is to Simples (tpRBSN) where it is none of its revenue, and the activity (cAtivSN)
# for that.
NO_REVENUE = "0"
OUTSIDE_REVENUE = "90"
ACTIVITIES = (*(f"{number:02d}" for number in range(1, 15)), OUTSIDE_REVENUE)
# What stands in addresses instead of a code.
RESERVED = ("new",)
NO_BENEFIT = "SEM CBENEF"
_CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_CEST = re.compile(r"[0-9]{7}", re.ASCII)
_CLASS = re.compile(r"[0-9]{6}", re.ASCII)
_BENEFIT = re.compile(r"[A-Z]{2}(?:[A-Z0-9]{6}|[A-Z0-9]{8})", re.ASCII)
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_NCM = re.compile(r"[0-9]{2,8}", re.ASCII)


def _code(written: str) -> str:
    code = written.lower()
    if not _CODE.fullmatch(code) or code in RESERVED:
        raise ValueError(_l("Use up to 40 small letters, digits and dashes, like office-supplies."))
    return code


def _cest(written: str) -> str:
    bare = written.replace(".", "")
    if bare and not _CEST.fullmatch(bare):
        raise ValueError(_l("The CEST has 7 digits."))
    return bare


def _package_name(written: str) -> str:
    if not _PACKAGE.fullmatch(written):
        raise ValueError(_l("Write the package's name, like 010h."))
    return written


def _class(written: str) -> str:
    if not _CLASS.fullmatch(written):
        raise ValueError(_l("The class (cClassTrib) has 6 digits."))
    return written


def _benefit(written: str) -> str:
    code = written.upper()
    if code and code != NO_BENEFIT and not _BENEFIT.fullmatch(code):
        raise ValueError(
            _l("The benefit code has 8 or 10 letters and digits, like SP010240, or is SEM CBENEF.")
        )
    return code


def _ncm(written: str) -> str:
    bare = written.replace(".", "")
    if bare and not _NCM.fullmatch(bare):
        raise ValueError(_l("Write the first 2 to 8 digits of the NCM."))
    return bare


Code = Annotated[str, Text(40, required=True), AfterValidator(_code)]
NothingIsZero = BeforeValidator(lambda value: Decimal("0.00") if value in (None, "") else value)


class TaxProfileIn(Shape):
    """One version of a profile. Left out, `nature` follows from the ICMS."""

    model_config = example(
        {
            "code": "office-supplies",
            "name": "Office supplies",
            "valid_from": "2027-01-01",
            "nature": "resale",
            "icms": "102",
            "pis_cofins": "49",
            "ibs_cbs": "000",
            "ibs_cbs_class": "000001",
            "activity": "01",
        }
    )

    code: Code
    name: Annotated[str, Text(80, required=True)]
    valid_from: Day
    nature: Annotated[Annotated[str, OneOf(tuple(NATURES))] | None, BlankIsNone] = None
    icms: Annotated[str, Text(3)]
    reduction: Annotated[Percent, NothingIsZero] = Decimal("0.00")
    credit_rate: Annotated[Percent, NothingIsZero] = Decimal("0.00")
    origin: Annotated[str, OneOf(("", *ORIGINS))] = ""
    cest: Annotated[str, Text(9), AfterValidator(_cest)] = ""
    benefit_code: Annotated[str, Text(10), AfterValidator(_benefit)] = ""
    pis_cofins: Annotated[str, OneOf(tuple(PIS_COFINS))]
    ibs_cbs: Annotated[str, OneOf(tuple(IBS_CBS))]
    ibs_cbs_class: Annotated[str, Text(6, required=True), AfterValidator(_class)]
    activity: Annotated[str, OneOf(("", *ACTIVITIES))] = ""

    @property
    def regime(self) -> str:
        return "simples" if self.icms in CSOSN else "normal"

    @property
    def wanted_nature(self) -> str:
        return self.nature or ("st_paid" if self.icms in ST_PAID else "resale")

    @model_validator(mode="after")
    def icms_and_what_it_needs(self):
        if self.icms not in {**CSOSN, **ICMS_CST}:
            message = _(
                "Choose a CSOSN (%(csosn)s) in Simples, a CST (%(cst)s) else.",
                csosn=", ".join(CSOSN),
                cst=", ".join(ICMS_CST),
            )
            raise FieldRefused("icms", message)
        if self.icms in ST_PAID and not self.cest:
            raise FieldRefused(
                "cest", _l("With CST 60 or CSOSN 500 the note must carry the CEST; fill it in.")
            )
        for name, codes in PERCENTAGES.items():
            given = getattr(self, name) > 0
            if given and self.icms not in codes:
                message = _("This goes with %(code)s only; leave it blank.", code=", ".join(codes))
                raise FieldRefused(name, message)
            if not given and self.icms == codes[0]:
                raise FieldRefused(name, _("%(code)s needs this percentage.", code=codes[0]))
        if self.nature == "st_paid" and self.icms not in ST_PAID:
            raise FieldRefused(
                "nature", _l("ICMS-ST paid before goes with CST 60 or CSOSN 500 only.")
            )
        if self.nature in ("resale", "own_make") and self.icms in ST_PAID:
            raise FieldRefused(
                "nature",
                _l("With CST 60 or CSOSN 500 a sale is one whose ICMS-ST was paid before."),
            )
        return self

    @model_validator(mode="after")
    def class_and_what_goes_with_it(self):
        if self.ibs_cbs_class[:3] != self.ibs_cbs:
            raise FieldRefused(
                "ibs_cbs_class",
                _(
                    "This is a class of CST %(other)s: its first three digits are its CST, here "
                    "%(own)s.",
                    other=self.ibs_cbs_class[:3],
                    own=self.ibs_cbs,
                ),
            )
        known = CLASSES.get(self.ibs_cbs_class)
        if known is None:
            classes = ", ".join(code for code in CLASSES if code.startswith(self.ibs_cbs))
            raise FieldRefused(
                "ibs_cbs_class",
                _(
                    "Balcão cannot reckon the class %(code)s; of CST %(cst)s it knows %(classes)s.",
                    code=self.ibs_cbs_class,
                    cst=self.ibs_cbs,
                    classes=classes,
                ),
            )
        if self.activity == OUTSIDE_REVENUE and known.revenue != NO_REVENUE:
            raise FieldRefused(
                "activity",
                _(
                    "Activity 90 is for what is no revenue, but the class %(code)s is revenue.",
                    code=self.ibs_cbs_class,
                ),
            )
        return self


class DefaultsIn(Shape):
    """The profiles of what has no other, by kind of item."""

    goods: Code
    book: Code
    gift: Code
    export: Code


assert set(DefaultsIn.model_fields) == set(KINDS)


class CategoryChoiceIn(Shape):
    """The profile of a category; none: that of the store."""

    category: Annotated[str, Text(60, required=True)]
    profile: Annotated[Annotated[str, Text(40), AfterValidator(_code)] | None, BlankIsNone] = None


class StateRateIn(Shape):
    """A state's rates from a day on; with the beginning of an NCM, or a SKU, only for those."""

    state: Annotated[str, OneOf(tuple(sorted(STATES)))]
    valid_from: Day
    icms: Percent
    fcp: Annotated[Percent, NothingIsZero] = Decimal("0.00")
    ncm: Annotated[str, Text(10), AfterValidator(_ncm)] = ""
    sku: Annotated[str, Text(60)] = ""

    @model_validator(mode="after")
    def one_kind_of_exception(self):
        if self.ncm and self.sku:
            raise FieldRefused("sku", _l("Write either the NCM or the SKU."))
        if self.icms + self.fcp > 100:
            raise FieldRefused("fcp", _l("Together with the ICMS this is over 100 %."))
        return self


class CalendarValueIn(Shape):
    """A value of the fiscal calendar from a day on, and where it was published."""

    model_config = example({"from": "2027-01-01", "value": "8.8000", "source": "Resolução 1/2026"})

    valid_from: Day = Field(alias="from")
    value: FinePercent
    source: Annotated[str, Text(200, required=True)]


class CalendarFormIn(CalendarValueIn):
    """A person's, who chooses what it is a value of."""

    code: Annotated[str, OneOf(tuple(ASKED))]


class SchemaPackageIn(Shape):
    """A schema package's name, as the authority has it, and the day from which it is used."""

    name: Annotated[str, Text(20, required=True), AfterValidator(_package_name)]
    valid_from: Day


class NcmIn(Shape):
    """Nothing but its file."""


class IbptIn(Shape):
    """Whose state's taxes the file has; it does not say so itself."""

    state: Annotated[str, OneOf(tuple(sorted(STATES)))]
