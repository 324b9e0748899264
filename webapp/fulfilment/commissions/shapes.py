"""The shape of a commission in answers."""

from webapp.http.answers import OutShape, SignedMoneyText


class CommissionOut(OutShape):
    """What an agent earned in the month, net of reversals."""

    agent: str
    name: str
    sales: int
    sold: SignedMoneyText
    commission: SignedMoneyText
