"""The shapes of what an administrator sets about the shop."""

import datetime as dt
import re
from typing import Annotated, Literal

from annotated_types import MaxLen
from flask_babel import lazy_gettext as _l
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from webapp.fiscal.note import PENDING, PENDING_ABOVE, REGULAR
from webapp.fiscal.taxes import fits_regime
from webapp.http.fields import Email, refuse_strange_registration, why_no_document
from webapp.http.forms import (
    BlankIsNone,
    Day,
    FieldRefused,
    Flag,
    LongText,
    OneOf,
    Percent,
    Shape,
    Text,
    Whole,
)
from webapp.http.patches import partial
from webapp.platform.cep import normalize_cep
from webapp.platform.documents import normalize_document
from webapp.platform.towns import city_code, is_city_code, state_code
from webapp.platform.whole import MAX_ID, whole_number

# The zones in which Brazil lives, one name for each (IANA).
TIME_ZONES = {
    "America/Sao_Paulo": _l("Brasília"),
    "America/Fortaleza": _l("Fortaleza"),
    "America/Bahia": _l("Salvador"),
    "America/Recife": _l("Recife"),
    "America/Belem": _l("Belém"),
    "America/Araguaina": _l("Palmas"),
    "America/Cuiaba": _l("Cuiabá"),
    "America/Campo_Grande": _l("Campo Grande"),
    "America/Manaus": _l("Manaus"),
    "America/Porto_Velho": _l("Porto Velho"),
    "America/Boa_Vista": _l("Boa Vista"),
    "America/Rio_Branco": _l("Rio Branco"),
    "America/Noronha": _l("Fernando de Noronha"),
}
# The NF-e's CRT (MOC, field C21).
TAX_REGIMES = {
    "1": _l("1: Simples Nacional"),
    "2": _l("2: Simples Nacional, above the gross revenue limit"),
    "3": _l("3: normal regime"),
    "4": _l("4: MEI"),
}
PIS_COFINS = {
    "cumulative": _l("Cumulative: 0.65 % and 3 %"),
    "non_cumulative": _l("Non-cumulative: 1.65 % and 7.6 %"),
}
# What a shop chooses for IBS and CBS from 2027 on (NT 2026.005).
IBS_CBS_CHOICES = {
    "": _l("As the tax regime says"),
    REGULAR: _l("Regular regime of IBS and CBS (CRT 1 and 2)"),
    PENDING: _l("Option for Simples pending, inside its limit (CRT 3)"),
    PENDING_ABOVE: _l("Option for Simples pending, above its limit (CRT 3)"),
}
# The layout's own bounds; the series from 890 on are the authorities' (MOC 7.0, field B07).
LAST_SERIES, MAX_NUMBER = 889, 999_999_999
# The XML takes no more of those who may download it.
MOST_PARTIES = 10
ENVIRONMENTS = {
    "homologation": _l("Test environment (homologação)"),
    "production": _l("Production"),
}
REVIEW_POLICIES = {
    "exceptions": _l("Only those that a check or a rule holds"),
    "all": _l("Every NF-e"),
}


def _digits(shortest: int, longest: int, message, required: bool = True):
    """The digits of what was typed, without its punctuation."""

    def check(written: str) -> str:
        if not (written or required):
            return ""
        digits = "".join(c for c in written if c not in " ().-/+")
        if not (digits.isascii() and digits.isdigit() and shortest <= len(digits) <= longest):
            raise ValueError(message)
        return digits

    return AfterValidator(check)


def _company(written: str) -> str:
    bare = normalize_document(written)
    if bare is None:
        raise ValueError(why_no_document(written))
    if len(bare) != 14:
        raise ValueError(_l("An issuer of NF-e has a CNPJ, not a CPF."))
    return bare


def _maker(written: str) -> str:
    return _company(written) if written else ""


def _separate(sent: object, info: ValidationInfo) -> object:
    """A form has them in one text."""
    if isinstance(sent, str) and info.context and info.context.get("form"):
        return re.split(r"[\s,;]+", sent.strip()) if sent.strip() else []
    return sent


def _party(written: str) -> str:
    bare = normalize_document(written)
    if bare is None:
        raise ValueError(why_no_document(written))
    return bare


def _parties(sent: list[str]) -> list[str]:
    bare = list(dict.fromkeys(_party(written) for written in sent))
    if len(bare) > MOST_PARTIES:
        raise ValueError(_l("At most %(max_length)s entries.", max_length=MOST_PARTIES))
    return bare


def _zip_code(written: str) -> str:
    bare = normalize_cep(written)
    if bare is None:
        raise ValueError(_l("This is not a CEP; write its eight digits, like 01025-020."))
    return bare


def _state(written: str) -> str:
    code = state_code(written)
    if code is None:
        raise ValueError(_l("Use the two letters of a Brazilian state, like SP."))
    return code


def _two_letters(written: str) -> str:
    if len(written) < 2:
        raise ValueError(_l("At least %(least)s characters.", least=2))
    return written


Part = Annotated[str, Text(60, required=True), AfterValidator(_two_letters)]


class TechnicalContactIn(Shape):
    """Who answers for the program that issues the NF-e; all of it, or nothing. `csrt` is the secret
    that a state gives to the program's maker: written, never read again; blank keeps it."""

    cnpj: Annotated[str, Text(40), AfterValidator(_maker)] = ""
    name: Annotated[str, Text(60)] = ""
    email: Annotated[Email, Field(max_length=60)] = ""
    phone: Annotated[
        str,
        Text(20),
        _digits(6, 14, _l("Write the phone with its area code, digits only."), required=False),
    ] = ""
    csrt_id: Annotated[
        str, Text(2), _digits(2, 2, _l("The number of a CSRT has two digits."), required=False)
    ] = ""
    csrt: Annotated[str, Text(60)] = ""

    @model_validator(mode="after")
    def all_or_nothing(self):
        parts = {name: getattr(self, name) for name in ("cnpj", "name", "email", "phone")}
        blank = next((name for name, value in parts.items() if not value), None)
        if blank and (any(parts.values()) or self.csrt_id or self.csrt):
            raise FieldRefused(blank, _l("Fill this in."))
        if self.csrt and not self.csrt_id:
            raise FieldRefused("csrt_id", _l("Fill this in."))
        if parts["name"] and len(self.name) < 2:
            raise FieldRefused("name", _l("At least %(least)s characters.", least=2))
        return self


class IssuerIn(Shape):
    """Who issues the shop's documents, with the parts the NF-e asks of an issuer's address.
    `ibs_cbs_regime` is chosen from the day `ibs_cbs_from` on; blank is as the tax regime says."""

    name: Part
    trade_name: Annotated[str, Text(60)] = ""
    cnpj: Annotated[str, Text(40, required=True), AfterValidator(_company)]
    state_registration: Annotated[
        str,
        Text(20, required=True),
        _digits(2, 14, _l("Write the digits of the state registration.")),
    ]
    crt: Literal["1", "2", "3", "4"]
    pis_cofins: Literal["cumulative", "non_cumulative"] = "cumulative"
    ibs_cbs_regime: Literal["", "regular", "pending", "pending_above"] = ""
    ibs_cbs_from: Annotated[Day | None, BlankIsNone] = None
    zip_code: Annotated[str, Text(12, required=True), AfterValidator(_zip_code)]
    state: Annotated[str, Text(20, required=True), AfterValidator(_state)]
    city: Part
    neighborhood: Part
    street: Part
    number: Annotated[str, Text(60, required=True)]
    complement: Annotated[str, Text(60)] = ""
    ibge: Annotated[str, Text(7)] = ""
    phone: Annotated[
        str,
        Text(20, required=True),
        _digits(6, 14, _l("Write the phone with its area code, digits only.")),
    ]
    email: Annotated[Email, Field(max_length=60)] = ""
    technical_contact: TechnicalContactIn = TechnicalContactIn()
    authorized_parties: Annotated[
        list[Annotated[str, Text(40)]], BeforeValidator(_separate), AfterValidator(_parties)
    ] = []

    @field_validator("ibge")
    @classmethod
    def known_city(cls, written: str) -> str:
        if written and not is_city_code(written):
            raise ValueError(
                _l("IBGE knows no city of this code; leave it blank to have it found.")
            )
        return written

    @model_validator(mode="after")
    def choice_of_its_regime(self):
        if self.ibs_cbs_regime and not fits_regime(self.crt, self.ibs_cbs_regime):
            raise FieldRefused(
                "ibs_cbs_regime",
                _l("This choice goes with another tax regime (CRT); choose one for this one."),
            )
        if self.ibs_cbs_regime and self.ibs_cbs_from is None:
            raise FieldRefused("ibs_cbs_from", _l("Fill this in."))
        return self

    @model_validator(mode="after")
    def registration_of_its_state(self):
        refuse_strange_registration(self.state_registration, self.state)
        return self

    @model_validator(mode="after")
    def city_of_its_state(self):
        found = city_code(self.city, self.state)
        if self.ibge and not is_city_code(self.ibge, self.state):
            raise FieldRefused(
                "ibge",
                _l("This is the code of a city in another state; leave it blank to have it found."),
            )
        if found is None and not self.ibge:
            raise FieldRefused(
                "city",
                _l("There is no such city in this state; check both, or give its IBGE code."),
            )
        if found and self.ibge and found != self.ibge:
            raise FieldRefused(
                "ibge", _l("This is another city's code; leave it blank to have it found.")
            )
        return self

    @property
    def city_ibge(self) -> str:
        """The city's code, found by its name when it was left blank."""
        return self.ibge or city_code(self.city, self.state) or ""


IssuerPatch = partial(IssuerIn)


# Nobody takes the cancellation of an NF-e for longer than a year.
MOST_HOURS = 24 * 365


class ShopSettingsIn(Shape):
    """How the shop works. `review_policy` is left out while the environment sets it."""

    time_zone: Annotated[str, OneOf(tuple(TIME_ZONES))]
    hold_hours: Annotated[int, Whole(1, 24 * 90)]
    review_policy: Annotated[str, OneOf(tuple(REVIEW_POLICIES))] | None = None
    clerk_discount_limit: Annotated[Percent | None, BlankIsNone]
    reviewer_discount_limit: Annotated[Percent | None, BlankIsNone]
    clerk_prices_locked: Flag
    four_eyes: Flag = False
    give_back_reasons: Annotated[str, LongText(2000)] = ""
    cancellation_hours: Annotated[Annotated[int, Whole(1, MOST_HOURS)] | None, BlankIsNone] = None
    late_cancellation_hours: Annotated[Annotated[int, Whole(0, MOST_HOURS)] | None, BlankIsNone] = (
        None
    )


# What is typed of days off: one a line.
MOST_DAYS_OFF = 100
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = TypeAdapter[dt.date](Day)
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


def _hour(written: str) -> str:
    if not _HOUR.fullmatch(written):
        raise ValueError(_l("Write an hour like 14:30."))
    return written


def _days_off(sent: list[str], info: ValidationInfo) -> list[str]:
    if len(sent) > MOST_DAYS_OFF:
        raise ValueError(_l("At most %(max_length)s entries.", max_length=MOST_DAYS_OFF))
    return sorted({_day_off(written, info) for written in sent})


def _day_off(written: str, info: ValidationInfo) -> str:
    try:
        return _DAY.validate_python(written, context=info.context).isoformat()
    except ValidationError:
        message = _l("“%(written)s” is no day; write it like 2026-12-24.", written=written)
        raise ValueError(message) from None


Hour = Annotated[str, Text(5, required=True), AfterValidator(_hour)]


class DispatchIn(Shape):
    """When what is ordered leaves the shop: on these weekdays, but for holidays and `days_off`."""

    cut_off: Hour
    pick_up: Hour
    preparation_days: Annotated[int, Whole(0, 60)]
    monday: Flag = False
    tuesday: Flag = False
    wednesday: Flag = False
    thursday: Flag = False
    friday: Flag = False
    saturday: Flag = False
    sunday: Flag = False
    days_off: Annotated[
        list[Annotated[str, Text(10)]], BeforeValidator(_separate), AfterValidator(_days_off)
    ] = []

    @property
    def weekdays(self) -> str:
        """As the shop keeps them."""
        return "".join(
            str(number) for number, name in enumerate(WEEKDAYS, 1) if getattr(self, name)
        )

    @model_validator(mode="after")
    def leaves_some_day(self) -> "DispatchIn":
        if not self.weekdays:
            raise FieldRefused("monday", _l("Choose at least one day."))
        if not self.preparation_days and self.cut_off > self.pick_up:
            message = _l("What is paid then cannot leave the same day: parcels have left before.")
            raise FieldRefused("cut_off", message)
        return self


class EnvironmentIn(Shape):
    """Where NF-e are issued from now on; the shop's CNPJ is typed to say that it is meant."""

    environment: Literal["homologation", "production"]
    typed_cnpj: Annotated[str, Text(40, required=True), AfterValidator(_company)]


class NextNumberIn(Shape):
    """Of the series with this id. `confirmed` is the number that was confirmed, where it leaves a
    gap or might repeat one."""

    series: Annotated[int, Whole(1, MAX_ID)]
    next_number: Annotated[int, Whole(1, MAX_NUMBER)]
    reason: Annotated[str, Text(200, required=True)]
    # Whether another system has used the numbers that are left out.
    used_elsewhere: Flag = False
    confirmed: Annotated[int | None, BlankIsNone] = None

    @field_validator("confirmed", mode="before")
    @classmethod
    def whole(cls, sent: object) -> object:
        return whole_number(sent) if isinstance(sent, str) else sent


class SeriesIn(Shape):
    number: Annotated[int, Whole(0, LAST_SERIES)]
    first_number: Annotated[int, Whole(1, MAX_NUMBER)] = 1


class ChannelSeriesIn(Shape):
    """Which series each channel is numbered in."""

    channels: Annotated[
        dict[Annotated[str, Text(20)], Annotated[int, Whole(0, LAST_SERIES)]], MaxLen(50)
    ]


class AwakenedSeriesIn(Shape):
    id: Annotated[int, Whole(1, MAX_ID)]
    next_number: Annotated[int, Whole(1, MAX_NUMBER)]


class WakeIn(Shape):
    """Where each series stands; `next_number` is that of the first."""

    next_number: Annotated[int, Whole(1, MAX_NUMBER)]
    others: list[AwakenedSeriesIn] = []
