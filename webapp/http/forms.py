"""Input: one declared shape per thing a person or program sends, read alike from a form and from
JSON.

A shape is a pydantic model. `parse` answers it or raises `Invalid`, which names every wrong field
at once, in words, in the page's language. Nothing is guessed: money comes as decimal text, unknown
fields are refused.
"""

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Self, TypeVar

from annotated_types import GroupedMetadata, MaxLen, MinLen
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    JsonValue,
    Strict,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, core_schema

from webapp.http.numbers import field_text, is_brazilian, read_money, read_percent
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.money import CENT, MAX_MONEY
from webapp.platform.whole import whole_number

_PLAIN_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_PLAIN_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TYPED_DAY = re.compile(r"([0-9]{2})/([0-9]{2})/(20[0-9]{2})", re.ASCII)
_QUOTED = re.compile(r"'([^']*)'")
_NOT_AN_AMOUNT = _l("This is not an amount; write it like 129.90.")
_NOT_A_PERCENTAGE = _l("This is not a percentage; write it like 7.50.")
_DECIMAL_AS_TEXT = _l('Send this as decimal text, like "129.90".')
MAX_QUANTITY = 99_999
MAX_FORM_FIELDS = 2000
# Of a field's name in an answer: what nobody knows may be called anything.
LONGEST_PATH = 200
# What the page of a record sends of it beside its fields: see `Form.begun`.
_OF_THE_RECORD = ("version", "begun")

# The words for what pydantic found, by its error type.
MESSAGES = {
    "missing": _l("Fill this in."),
    "extra_forbidden": _l("There is no field of this name."),
    "string_type": _l("Write text here."),
    "string_too_long": _l("At most %(max_length)s characters."),
    "string_too_short": _l("Fill this in."),
    "bool_type": _l("Use true or false."),
    "list_type": _l("Send a list here."),
    "too_long": _l("At most %(max_length)s entries."),
    "too_short": _l("Add at least one."),
    "enum": _l("Choose one of: %(expected)s."),
    "literal_error": _l("Choose one of: %(expected)s."),
    "model_type": _l("Send an object here."),
    "model_attributes_type": _l("Send an object here."),
    "dict_type": _l("Send an object here."),
}
_CHOICES = ("enum", "literal_error")


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


def example(*bodies: dict[str, JsonValue]) -> ConfigDict:
    """The `model_config` of a shape that is shown so in the API's document."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


class FieldRefused(ValueError):
    """Raised by a check over several fields, to name the one to mend."""

    def __init__(self, field: str, message):
        super().__init__(message)
        self.field = field


ShapeType = TypeVar("ShapeType", bound=Shape)
# Control characters other than tab and line breaks, and halves of surrogate pairs.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def is_from_form(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get("form"))


def _composed(text):
    """Before the length is judged: NFC can make a text longer."""
    return unicodedata.normalize("NFC", text) if isinstance(text, str) else text


def _readable(text: str) -> str:
    if _UNREADABLE.search(text):
        raise ValueError(_l("This has characters that cannot be printed; type it again."))
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError(_l("Write this on one line."))
    return text


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """One line of text of at most `longest` characters: `Annotated[str, Text(60)]`."""

    longest: int
    required: bool = False

    def __iter__(self) -> Iterator[object]:
        yield Strict()
        yield MinLen(1 if self.required else 0)
        yield MaxLen(self.longest)
        yield BeforeValidator(_composed)
        yield AfterValidator(_readable)
        yield AfterValidator(_one_line)


@dataclass(frozen=True)
class OneOf:
    """One of some codes that are kept in a table: `Annotated[str, OneOf(tuple(TABLE))]`."""

    codes: tuple[str, ...]

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.literal_schema(list(self.codes))


@dataclass(frozen=True)
class LongText(GroupedMetadata):
    """Text of any number of lines."""

    longest: int

    def __iter__(self) -> Iterator[object]:
        yield Strict()
        yield MaxLen(self.longest)
        yield BeforeValidator(_composed)
        yield AfterValidator(_readable)


def _is_blank(value: object, info: ValidationInfo) -> bool:
    """Whether nothing stands in a form's field."""
    return is_from_form(info) and isinstance(value, str) and not value.strip()


def _refuse_blank(value: object, info: ValidationInfo) -> None:
    if _is_blank(value, info):
        raise ValueError(MESSAGES["missing"])


@dataclass(frozen=True)
class _Hundredths:
    """Reads a number of two places, or of `places`: from a form as `read` takes it in the page's
    language, from JSON as plain decimal text. A form's refusal gives an example in its reader's
    notation, which JSON does not take."""

    read: Callable[[str, bool], Decimal | None]
    refusal: object
    places: Decimal = CENT
    too_fine: object = _l("At most two digits after the point.")

    def __call__(self, value: object, info: ValidationInfo) -> Decimal:
        if isinstance(value, Decimal):
            return value
        _refuse_blank(value, info)
        number = self._number(value, info) if isinstance(value, str) else None
        if number is None:
            raise ValueError(
                self.refusal if is_from_form(info) and isinstance(value, str) else _DECIMAL_AS_TEXT
            )
        if number != number.quantize(self.places):
            raise ValueError(self.too_fine)
        return number.quantize(self.places)

    def _number(self, value: str, info: ValidationInfo) -> Decimal | None:
        if is_from_form(info):
            return self.read(value, is_brazilian())
        written = value.strip().removeprefix("R$").strip()
        return Decimal(written) if _PLAIN_DECIMAL.fullmatch(written) else None


def _within(low: Decimal, high: Decimal, too_low: object, too_high: object) -> AfterValidator:
    def check(number: Decimal) -> Decimal:
        if number < low:
            raise ValueError(too_low)
        if number > high:
            raise ValueError(too_high)
        return number

    return AfterValidator(check)


_DECIMAL_SCHEMA = WithJsonSchema(
    {"type": "string", "pattern": r"^\d+(\.\d{1,2})?$", "examples": ["129.90"]}
)
Money = Annotated[
    Decimal,
    BeforeValidator(_Hundredths(read_money, _NOT_AN_AMOUNT)),
    _DECIMAL_SCHEMA,
    _within(Decimal(0), MAX_MONEY, _l("It cannot be negative."), _l("This amount is too large.")),
]
Percent = Annotated[
    Decimal,
    BeforeValidator(_Hundredths(read_percent, _NOT_A_PERCENTAGE)),
    _DECIMAL_SCHEMA,
    _within(Decimal(0), Decimal(100), _l("It cannot be negative."), _l("At most 100 %.")),
]
# What an amount grows by, or shrinks.
_SIGNED_SCHEMA = WithJsonSchema(
    {"type": "string", "pattern": r"^-?\d+(\.\d{1,2})?$", "examples": ["-10.00"]}
)
SignedMoney = Annotated[
    Decimal,
    BeforeValidator(_Hundredths(read_money, _NOT_AN_AMOUNT)),
    _SIGNED_SCHEMA,
    _within(
        -MAX_MONEY, MAX_MONEY, _l("This amount is too large."), _l("This amount is too large.")
    ),
]
SignedPercent = Annotated[
    Decimal,
    BeforeValidator(_Hundredths(read_percent, _NOT_A_PERCENTAGE)),
    _SIGNED_SCHEMA,
    _within(Decimal(-100), Decimal(1000), _l("At least -100 %."), _l("At most 1,000 %.")),
]


# As finely as the NF-e writes a rate.
FinePercent = Annotated[
    Decimal,
    BeforeValidator(
        _Hundredths(
            read_percent,
            _NOT_A_PERCENTAGE,
            Decimal("0.0001"),
            _l("At most four digits after the point."),
        )
    ),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d{1,4})?$", "examples": ["0.0500"]}),
    *Percent.__metadata__[2:],
]


def _day(value: object, info: ValidationInfo) -> dt.date:
    """2026-12-31; a person may also type 31/12/2026."""
    if isinstance(value, dt.date):
        return value
    _refuse_blank(value, info)
    written = value.strip() if isinstance(value, str) else ""
    if is_from_form(info) and (typed := _TYPED_DAY.fullmatch(written)):
        written = f"{typed[3]}-{typed[2]}-{typed[1]}"
    try:
        if not _PLAIN_DAY.fullmatch(written):
            raise ValueError
        return dt.date.fromisoformat(written)
    except ValueError:
        raise ValueError(_l("Write a day like 2026-11-20.")) from None


Day = Annotated[
    dt.date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-20"]}),
]


def _whole(value, info: ValidationInfo):
    _refuse_blank(value, info)
    if isinstance(value, str) and is_from_form(info) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(_l("Use a whole number."))
    return value


@dataclass(frozen=True)
class Whole(GroupedMetadata):
    """A whole number from `low` to `high`: `Annotated[int, Whole(1, 12)]`."""

    low: int
    high: int

    def __iter__(self) -> Iterator[object]:
        yield BeforeValidator(_whole)
        yield AfterValidator(self._check)
        yield WithJsonSchema({"type": "integer", "minimum": self.low, "maximum": self.high})

    def _check(self, number: int) -> int:
        if number < self.low:
            raise ValueError(_l("At least %(low)s.", low=self.low))
        if number > self.high:
            raise ValueError(_l("At most %(high)s.", high=self.high))
        return number


Quantity = Annotated[int, Whole(1, MAX_QUANTITY)]


def _flag(value, info: ValidationInfo):
    if is_from_form(info) and isinstance(value, str):
        return value not in ("", "0", "off", "false")
    return value


Flag = Annotated[bool, BeforeValidator(_flag), Field(strict=True)]


def _blank(value, info: ValidationInfo):
    return None if _is_blank(value, info) else value


# A form sends "" where JSON leaves a field out.
BlankIsNone = BeforeValidator(_blank)


def parse(shape: type[ShapeType], data, form: bool = False) -> ShapeType:
    try:
        return shape.model_validate(data, context={"form": form})
    except ValidationError as error:
        if error.error_count() > MAX_FORM_FIELDS:
            raise Invalid([], _("There is too much wrong with this to name it all.")) from None
        found = error.errors(include_url=False)
        raise Invalid([_field_error(each, form) for each in found]) from None


def _field_error(found: ErrorDetails, form: bool) -> FieldError:
    path = ".".join(str(part) for part in found["loc"])[:LONGEST_PATH]
    context = found.get("ctx", {})
    if found["type"] == "value_error":
        if isinstance(context["error"], FieldRefused):
            path = f"{path}.{context['error'].field}".lstrip(".")
        return FieldError(path, str(context["error"].args[0]))
    message = MESSAGES.get(found["type"])
    if form and found["input"] == "" and found["type"] in _CHOICES:
        # The codes are a program's: a person who picked nothing reads the list's own words.
        message = _l("Choose one from the list.")
    if message is None:
        return FieldError(path, _("This cannot be read; check how it is written."))
    return FieldError(path, str(message) % _in_message(context))


def _in_message(context: dict) -> dict[str, str]:
    """What pydantic says of the choices in English, "'pix', 'boleto' or 'other'", as a list."""
    words = {key: str(value) for key, value in context.items()}
    if "expected" in words:
        words["expected"] = ", ".join(_QUOTED.findall(words["expected"]))
    return words


class Form:
    """What was typed, kept as typed, with each field's error beside it."""

    def __init__(self, values=None, shape: type[Shape] | None = None):
        self.shape = shape
        self.raw_input: dict[str, Any] = dict(values.items()) if values is not None else {}
        self.errors: dict[str, str] = {}
        # What to say quietly below a field.
        self.hints: dict[str, str] = {}
        self.message = ""
        # What the record holds by now where it differs, after somebody else saved it meanwhile.
        self.theirs: dict[str, str] = {}

    @classmethod
    def filled(cls, values: dict) -> Self:
        """A form that shows what the record holds; nested values become dotted names. Where that
        has a version, it knows what it began with."""
        form = cls()
        form.raw_input = _flatten(values)
        if "version" in form.raw_input:
            form.begin()
        return form

    def begin(self) -> None:
        """What stands here now is what a person begins with; a page sends it back as `begun`."""
        self.raw_input["begun"] = json.dumps({name: self.value(name) for name in self._compared()})

    @property
    def begun(self) -> dict[str, str]:
        """What the person began with; nothing where the form does not tell."""
        try:
            told = json.loads(self.value("begun") or "{}")
        except (ValueError, RecursionError):
            return {}
        return {name: str(text) for name, text in told.items()} if isinstance(told, dict) else {}

    def parse(self) -> Any:
        assert self.shape, "a form that was filled from a record is not parsed"
        data = _nested(
            {
                name: value
                for name, value in self.raw_input.items()
                if name not in ("csrf_token", "form_key", *_OF_THE_RECORD)
            }
        )
        return parse(self.shape, data, form=True)

    def refuse(self, refusal: Refusal) -> "Form":
        self.errors = {error.field: str(error.message) for error in refusal.errors}
        self.message = str(refusal)
        return self

    def beside(self, present: "Form") -> "Form":
        """What nobody touched here becomes theirs; where both changed a field, what somebody else
        saved meanwhile is shown beside what was typed, and saving again is then done knowingly."""
        self.theirs = self.clashes(present)
        self.take_untouched(present)
        self.message = _(
            "Somebody changed this record while you were editing it, and nothing was overwritten. "
            "Where theirs differs, it stands below your value: take it, or save again to keep "
            "yours."
        )
        if not self.asks:
            self.message = _(
                "Somebody changed this record while you were editing it, but nothing of what "
                "stands here. Save again."
            )
        return self

    def join(self, present: "Form") -> bool:
        """Takes theirs where nobody touched a field here, unless both changed one."""
        self.theirs = self.clashes(present)
        if self.asks or not self.begun:
            return False
        self.take_untouched(present)
        return True

    @property
    def asks(self) -> bool:
        """Whether both changed something, and a person must choose."""
        return bool(self.theirs)

    def clashes(self, present: "Form") -> dict[str, str]:
        """Theirs by name, where both changed it; where it is not known what the form began with,
        wherever it differs."""
        mine, theirs, begun = self._texts(), present._texts(), self.begun
        return {
            name: present.value(name)
            for name in mine.keys() & theirs.keys()
            if mine[name] != theirs[name]
            and not _same(_together(name, mine), mine, begun)
            and not _same(_together(name, mine), theirs, begun)
        }

    def take_untouched(self, present: "Form") -> None:
        mine, begun = self._texts(), self.begun
        for name in mine.keys() & present.raw_input.keys():
            if _same(_together(name, mine), mine, begun):
                self.raw_input[name] = present.raw_input[name]
        for name in _OF_THE_RECORD:
            self.raw_input[name] = present.value(name)

    def _compared(self) -> list[str]:
        """The names that two people may both change."""
        return [name for name in self.raw_input if name not in ("csrf_token", *_OF_THE_RECORD)]

    def _texts(self) -> dict[str, str]:
        """By name, as a browser sends them back."""
        return {name: _unbroken(self.value(name)) for name in self._compared()}

    def value(self, name: str) -> str:
        """What stands in the field: as typed, or as a person of the page's language would type
        what the record holds."""
        value = self.raw_input.get(name)
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, Decimal):
            return field_text(value, is_brazilian())
        return "" if value is None else str(value)

    def error(self, name: str) -> str | None:
        return self.errors.get(name)


def _unbroken(text: str) -> str:
    return text.replace("\r\n", "\n")


def _together(name: str, names: Iterable[str]) -> list[str]:
    """The fields that say one thing with it, like an address's street and number: who changed one
    of them changed it as a whole."""
    whole = name.rpartition(".")[0]
    return [other for other in names if other.rpartition(".")[0] == whole] if whole else [name]


def _same(names: Iterable[str], texts: dict[str, str], begun: dict[str, str]) -> bool:
    return all(name in begun and texts.get(name, "") == _unbroken(begun[name]) for name in names)


def _nested(flat: dict) -> dict:
    """`{"lines.0.sku": "A"}` → `{"lines": [{"sku": "A"}]}`; rows whose every field is blank are
    left out."""
    if len(flat) > MAX_FORM_FIELDS:
        raise Invalid([], _("This form has too many fields."))
    data: dict = {}
    for name, value in flat.items():
        *parents, last = name.split(".")[:4]
        inner = data
        for part in parents:
            inner = inner.setdefault(part, {}) if isinstance(inner.get(part, {}), dict) else {}
        inner[last] = value
    return {name: _rows(value) for name, value in data.items()}


def _rows(value):
    if not isinstance(value, dict) or not value:
        return value
    places = {key: whole_number(key) for key in value}
    if None in places.values():
        return value
    return [value[key] for key in sorted(value, key=lambda key: places[key] or 0)]


def _flatten(values: dict, prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, list):
            value = dict(enumerate(value))
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = "" if value is None else value
    return flat
