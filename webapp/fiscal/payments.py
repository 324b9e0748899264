"""Payment methods as the document's `tPag` writes them (NT 2020.006 and NT 2023.004)."""

METHODS = {
    "pix": "17",
    "credit_card": "03",
    "debit_card": "04",
    "boleto": "15",
    "wallet": "18",
    "store_credit": "05",
    "other": "99",
}
CARDS = {"03", "04"}
OTHER = METHODS["other"]
NONE = "90"
