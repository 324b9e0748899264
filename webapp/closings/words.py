"""The figures of a closing by their names."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.catalog.models import Kind

STATES = {
    "authorized": _l("authorized"),
    "cancelled": _l("cancelled"),
    "sending": _l("without an answer"),
    "spare": _l("spare"),
    "waiting": _l("waiting for correction"),
    "missing": _l("missing"),
}
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
        return _("Numbers of series %(series)s, %(state)s", series=parts[1], state=STATES[parts[2]])
    if parts[0] == "services":
        return str(Kind(parts[1]).label)
    if parts[0] == "cancelled":
        return _("Cancelled NF-e")
    if len(parts) == 2:
        return f"{parts[1].upper()} {parts[0]}"
    cfop, code, rate, amount = parts
    return _(
        "%(amount)s of CFOP %(cfop)s, %(code)s, %(rate)s%%",
        amount=AMOUNTS[amount],
        cfop=cfop,
        code=code,
        rate=rate,
    )
