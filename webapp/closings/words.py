"""The figures of a closing by their names."""

from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.catalog.models import Kind
from webapp.http.formatting import money_text, percent_text
from webapp.invoices.ledger import NumberState

STATES = {str(state): state.label for state in NumberState} | {"missing": _l("Missing")}
AMOUNTS = {
    "total": _l("Total"),
    "base": _l("ICMS base"),
    "icms": _l("ICMS"),
    "fcp": _l("FCP"),
    "difal": _l("DIFAL"),
    "fcp_there": _l("FCP of the destination"),
    "pis": _l("PIS"),
    "cofins": _l("COFINS"),
    "ibs": _l("IBS"),
    "cbs": _l("CBS"),
}


def figure_words(name: str) -> str:
    """Of a name that `Account.figures` gives."""
    parts = name.split(" ")
    if parts[0] == "numbers":
        return _(
            "Numbers of series %(series)s, %(state)s",
            series=parts[1],
            state=str(STATES[parts[2]]).lower(),
        )
    if parts[0] == "services":
        return str(Kind(parts[1]).label)
    if parts[0] == "cancelled":
        return _("Cancelled NF-e")
    if len(parts) == 2:
        return f"{parts[1].upper()} {parts[0]}"
    cfop, code, rate, amount = parts
    return _(
        "%(amount)s of CFOP %(cfop)s, %(code)s, %(rate)s",
        amount=AMOUNTS[amount],
        cfop=cfop,
        code=code,
        rate=percent_text(Decimal(rate)),
    )


def figure_value(written: str) -> str:
    """A count, or an amount, which has cents."""
    if not written:
        return "—"
    return money_text(Decimal(written)) if "." in written else written
