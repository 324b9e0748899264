"""Payments as the document's `tPag` and `tBand` write them (NT 2020.006 and NT 2023.004)."""

METHODS = {
    "pix": "17",
    "credit_card": "03",
    "debit_card": "04",
    "boleto": "15",
    "wallet": "18",
    "store_credit": "21",
    "other": "99",
}
STATIC_PIX = "20"
CARDS = {"03", "04"}
# Those that may have a card group (963).
WITH_INSTITUTION = {"03", "04", "10", "11", "12", "13", "15", "17", "18"}
OTHER = METHODS["other"]
NONE, LATER = "90", "91"
UNPAID = {NONE, LATER}
BRANDS = {
    "visa": ("01", "Visa"),
    "mastercard": ("02", "Mastercard"),
    "amex": ("03", "American Express"),
    "sorocred": ("04", "Sorocred"),
    "diners": ("05", "Diners Club"),
    "elo": ("06", "Elo"),
    "hipercard": ("07", "Hipercard"),
    "aura": ("08", "Aura"),
    "cabal": ("09", "Cabal"),
    "alelo": ("10", "Alelo"),
    "banescard": ("11", "Banescard"),
    "calcard": ("12", "CalCard"),
    "credz": ("13", "Credz"),
    "discover": ("14", "Discover"),
    "goodcard": ("15", "GoodCard"),
    "greencard": ("16", "GreenCard"),
    "hiper": ("17", "Hiper"),
    "jcb": ("18", "JCB"),
    "mais": ("19", "Mais"),
    "maxvan": ("20", "MaxVan"),
    "policard": ("21", "Policard"),
    "redecompras": ("22", "RedeCompras"),
    "sodexo": ("23", "Sodexo"),
    "valecard": ("24", "ValeCard"),
    "verocheque": ("25", "Verocheque"),
    "vr": ("26", "VR"),
    "ticket": ("27", "Ticket"),
    "other": ("99", ""),
}
BRAND_CODES = {code for code, _name in BRANDS.values()}
