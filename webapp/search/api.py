"""The search of the whole shop under /api/v1."""

from flask_babel import lazy_gettext as _l

from webapp.search import hits
from webapp.search.forms import SearchQuery
from webapp.search.shapes import HitsOut
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("search")


@endpoint(
    bp,
    "GET",
    "/search",
    "clerk",
    "accountant",
    query=SearchQuery,
    answer=HitsOut,
    summary=_l(
        "What fits a text, a few of each kind that the token's role may open, the best first: what "
        "it is a code of (reference, SKU, GTIN, ISBN, CPF, CNPJ, phone, e-mail address, number or "
        "access key of an NF-e, however it is written), then what holds its words."
    ),
)
def search(asked: SearchQuery) -> dict[str, object]:
    found = hits.best(asked.q)
    return {
        "items": [
            {
                "kind": kind.one,
                "id": row.id,
                "title": str(hit.name),
                "subtitle": " · ".join(filter(None, (hit.beside, hit.second))),
                "url": hit.href,
            }
            for kind, row, hit in found
        ]
    }
