"""Where the shop mends what the schema refuses: the place in the document, the field, and its name
for people."""

from webapp.fiscal.schema import SchemaProblem
from webapp.platform.issues import N_

_ADDRESS = {
    "xLgr": ("street", N_("street")),
    "nro": ("number", N_("number")),
    "xCpl": ("complement", N_("complement")),
    "xBairro": ("neighborhood", N_("neighborhood")),
    "cMun": ("city", N_("IBGE code of the city")),
    "xMun": ("city", N_("city")),
    "UF": ("state", N_("state")),
    "CEP": ("zip_code", N_("postal code")),
}
_ICMS_GROUPS = (
    *(f"ICMSSN{code}" for code in ("101", "102", "500", "900")),
    *(f"ICMS{code}" for code in ("00", "20", "40", "60")),
)

FIELDS = {
    **{
        f"dest/enderDest/{tag}": (f"address.{name}", label)
        for tag, (name, label) in _ADDRESS.items()
    },
    **{
        f"emit/enderEmit/{tag}": (f"settings.issuer.address.{name}", label)
        for tag, (name, label) in _ADDRESS.items()
    },
    **{
        f"det/imposto/ICMS/{group}/orig": ("lines.*.product.origin", N_("origin of the goods"))
        for group in _ICMS_GROUPS
    },
    "ide/cUF": ("settings.issuer.address.state", N_("state")),
    "ide/cMunFG": ("settings.issuer.address.city", N_("IBGE code of the city")),
    "@Id": ("settings.issuer.cnpj", N_("CNPJ")),  # the one part of the key that is typed
    "emit/CNPJ": ("settings.issuer.cnpj", N_("CNPJ")),
    "emit/xNome": ("settings.issuer.name", N_("company name")),
    "emit/IE": ("settings.issuer.state_registration", N_("state registration")),
    "emit/CRT": ("settings.issuer.crt", N_("tax regime")),
    "dest/CPF": ("customer.document", N_("CPF or CNPJ")),
    "dest/CNPJ": ("customer.document", N_("CPF or CNPJ")),
    "dest/idEstrangeiro": ("customer.document", N_("foreign document")),
    "dest/xNome": ("customer.name", N_("name")),
    "dest/IE": ("customer.state_registration", N_("state registration")),
    "dest/email": ("customer.email", N_("e-mail")),
    "det/prod/cProd": ("lines.*.product.sku", N_("product code")),
    "det/prod/xProd": ("lines.*.product.name", N_("product name")),
    "det/prod/NCM": ("lines.*.product.ncm", N_("NCM")),
    "det/prod/CEST": ("lines.*.tax_profile", N_("CEST")),
    "det/prod/cBenef": ("lines.*.tax_profile", N_("Benefit code")),
    "det/prod/cEAN": ("lines.*.product.gtin", N_("bar code")),
    "det/prod/cEANTrib": ("lines.*.product.gtin", N_("bar code")),
    "det/prod/uCom": ("lines.*.product.unit", N_("unit")),
    "det/prod/uTrib": ("lines.*.product.unit", N_("unit")),
    "det/prod/qCom": ("lines.*.quantity", N_("quantity")),
    "det/prod/qTrib": ("lines.*.quantity", N_("quantity")),
    "det/prod/vUnCom": ("lines.*.unit_price", N_("unit price")),
    "det/prod/vUnTrib": ("lines.*.unit_price", N_("unit price")),
    "det/prod/vProd": ("lines.*.unit_price", N_("unit price")),
    "det/prod/vDesc": ("lines.*.discount", N_("discount")),
    "det/vItem": ("lines.*.discount", N_("discount")),
    "det/prod/vFrete": ("lines.*.freight", N_("freight")),
    **{f"entrega/{tag}": (f"address.{name}", label) for tag, (name, label) in _ADDRESS.items()},
    "infIntermed/CNPJ": ("settings.partners", N_("CNPJ of the marketplace")),
    "infIntermed/idCadIntTran": ("settings.partners", N_("seller's name at the marketplace")),
    "pag/detPag/card/CNPJ": ("settings.partners", N_("CNPJ of the acquirer")),
    "pag/detPag/card/cAut": ("sale.payments", N_("authorization code")),
    "transp/transporta/CNPJ": ("settings.partners", N_("CNPJ of the carrier")),
    "transp/transporta/IE": ("settings.partners", N_("state registration")),
    "total/ICMSTot/vNF": ("invoice.total", N_("Total of the note")),
    "pag/detPag/vPag": ("invoice.total", N_("Total of the note")),
    "total": ("sale.lines", N_("goods")),
}


# Where in the document stands what a field tells, beside the places above.
_MORE_PLACES = {
    "address.country": ("dest/enderDest/cPais",),
    "customer.taxpayer": ("dest/indIEDest",),
    "delivery": ("entrega", "transp/modFrete"),
    "invoice.access_key": ("@Id",),
    "lines.*.benefit_code": ("det/prod/cBenef",),
    "lines.*.cfop": ("det/prod/CFOP",),
    "lines.*.ibs_cbs": ("det/imposto/IBSCBS",),
    "lines.*.icms": ("det/imposto/ICMS",),
    "lines.*.tax_profile": ("det/imposto",),
    "payment_method": ("pag",),
    "sale.bills": ("cobr",),
    "sale.buyer_use": ("ide/indFinal",),
    "sale.channel": ("ide/indPres",),
    "sale.lines": ("det",),
    "sale.payments": ("pag",),
    "settings.clock": ("ide/dhEmi",),
    "settings.environment": ("ide/tpAmb",),
    "settings.issuer.authorized_parties": ("autXML",),
    "settings.issuer.technical_contact": ("infRespTec",),
    "settings.issuer.technical_contact.csrt": ("infRespTec",),
    "settings.partners": ("infIntermed", "transp/transporta", "pag"),
    "settings.series.next_number": ("ide/nNF",),
}


def places_of(field: str) -> list[str]:
    """Where in the document stands what the field tells; the narrowest places first."""
    told = [place for place, (name, _label) in FIELDS.items() if name == field]
    return [*told, *_MORE_PLACES.get(field, ())]


def field_of(problem: SchemaProblem) -> tuple[str, str]:
    """The field and its label; a place nobody types in is named by its path."""
    return FIELDS.get(problem.place, ("document.*", problem.place))
