"""The address step: blanks filled from the postal code, or a question for a person."""

import datetime as dt
import random
from dataclasses import replace

from sqlalchemy.orm import load_only

from webapp.addresses.answer import PostalAnswer
from webapp.addresses.lookup import Lookup, Outcome, PostalResult, kept_lookup
from webapp.addresses.merge import SHOP, UNKNOWN, AddressParts, Merged, merge
from webapp.addresses.parts import PARTS
from webapp.addresses.questions import address_issue, warnings_to_json
from webapp.addresses.registers import POSTAL_CODES
from webapp.platform.cep import format_cep, normalize_cep
from webapp.processing.claims import Step
from webapp.sales.forms import COUNTER
from webapp.sales.models import Sale, Status
from webapp.sales.queries import load_lines
from webapp.store.queries import the_shop

# A hiccup is over soon; a provider that is away for longer is noticed within a minute of its
# return.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 10, 60
# Well under the lease: a batch that cannot be answered in time is tried again.
LOOKUP_SECONDS = 15


def lookup() -> Lookup[PostalAnswer]:
    return kept_lookup(POSTAL_CODES, "lookup")


class AddressStep(Step[Sale, dict[str, PostalResult], dict[str, PostalResult]]):
    model = Sale
    status = Status.ADDRESS
    batch = 100
    lease_seconds = 25
    returns_together = True
    external_load = (load_only(Sale.zip_code, Sale.country, Sale.paid_at),)

    def call_external(self, rows: list[Sale]) -> dict[str, PostalResult]:
        """{postal code: what came of looking it up}. What nobody knew before an order was paid is
        asked for again: the address may be mended by then."""
        written = (normalize_cep(sale.zip_code) for sale in rows if sale.country == "BR")
        ceps = {cep for cep in written if cep}
        since = max((sale.paid_at for sale in rows if sale.paid_at), default=None)
        return lookup().many(ceps, LOOKUP_SECONDS, unknown_since=since) if ceps else {}

    def write_row(self, row: Sale, shared: dict[str, PostalResult], now: dt.datetime) -> None:
        if _is_handed_over(row) and the_shop().ibge:
            self._keep(row, _at_the_shop(), now)
            return
        result = shared.get(normalize_cep(row.zip_code) or "")
        answer = result.answer if result else None
        merged = merge(AddressParts(**row.address_parts), answer, row.address_source)
        if result is not None and result.outcome is Outcome.UNAVAILABLE:
            if merged.question and merged.question.code == UNKNOWN:
                row.wait(
                    now,
                    now + pause(row.tries),
                    "providers_unavailable",
                    merged.question.field,
                    {"zip_code": row.zip_code},
                    result.reason,
                )
                return
            if not merged.question:
                unchecked = address_issue("zip_code_unchecked", "address.zip_code")
                merged = replace(merged, warnings=(unchecked, *merged.warnings))
        self._keep(row, merged, now)

    def _keep(self, row: Sale, merged: Merged, now: dt.datetime) -> None:
        for part in PARTS:
            setattr(row, part, getattr(merged.address, part))
        row.ibge = merged.address.ibge
        row.address_source = merged.sources
        row.address_warnings = warnings_to_json(merged.warnings)
        question = merged.question
        if question and not (_is_unfinished(row) and _needs_none(row)):
            row.needs_attention("address", question.code, question.field, dict(question.params))
        else:
            row.go_to(Status.RULES, now)

    def load_shared(
        self, rows: list[Sale], answers: dict[str, PostalResult]
    ) -> dict[str, PostalResult]:
        load_lines([row for row in rows if _is_unfinished(row)])
        return answers

    def give_up(self, row: Sale, error: str) -> None:
        row.needs_attention("address", "step_failed", None, {"error": error[:200]})


def pause(tries: int) -> dt.timedelta:
    """How long a sale waits for a provider after so many tries."""
    seconds = min(FIRST_PAUSE_SECONDS * 2 ** min(tries - 1, 9), LONGEST_PAUSE_SECONDS)
    return dt.timedelta(seconds=seconds * random.uniform(0.8, 1.2))


def _is_handed_over(sale: Sale) -> bool:
    """Goods sold at the counter without an address: they change hands where the shop is."""
    typed = any(value for part, value in sale.address_parts.items() if part != "country")
    return sale.channel == COUNTER and sale.country == "BR" and not typed and not _needs_none(sale)


def _at_the_shop() -> Merged:
    shop = the_shop()
    parts = {part: getattr(shop, part) for part in PARTS if part != "country"}
    place = parts | {"zip_code": format_cep(shop.zip_code), "ibge": shop.ibge}
    return Merged(
        AddressParts(**place), dict.fromkeys((part for part in place if place[part]), SHOP)
    )


def _is_unfinished(sale: Sale) -> bool:
    return not (sale.zip_code and sale.number)


def _needs_none(sale: Sale) -> bool:
    """Whether nothing of the sale goes anywhere: no parcel, no NF-e."""
    return not any(line.kind.is_goods or line.is_on_note for line in sale.lines)
