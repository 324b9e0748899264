"""Which passwords are taken: judged by zxcvbn, which is told the words that are near at hand here:
the shop's, the person's own, those that Brazilians try first, and the password before."""

import re

from flask_babel import gettext as _

from webapp.platform.errors import FieldError, Invalid
from webapp.store.queries import the_shop

# The demo's sign-ins, shown on its sign-in page; in another shop this password opens nothing.
DEMO_PASSWORD = "balcao-demo"
DEMO_USERS = ("clerk", "reviewer", "manager", "admin", "accountant")
# Of zxcvbn's scores 0 to 4: more than a hundred million guesses.
LEAST_SCORE = 3
# Judging takes time by the square of the length; who writes more is judged by the beginning.
_JUDGED = 64
_COMMON = (
    "senha minhasenha mudar trocar teste acesso entrar sistema loja balcao pedido venda vendas "
    "administrador administradora gerente atendente fiscal contador usuario brasil brasileiro "
    "brasileira deus jesus cristo amor familia felicidade saudade flamengo corinthians palmeiras "
    "saopaulo santos gremio internacional cruzeiro atletico vasco botafogo fluminense bahia "
    "segunda terca quarta quinta sexta sabado domingo janeiro fevereiro marco abril maio junho "
    "julho agosto setembro outubro novembro dezembro verao inverno primavera outono natal"
).split()
_WORD = re.compile(r"\w{3,}")


def refuse_weak(password: str, *about: str, former: str = "") -> None:
    """Raises Invalid for a password that is quickly guessed by who knows what it is `about` (the
    person's name and address, the shop) or the `former` one."""
    # 35 ms and 10 MB of word lists, for what is asked once in a while.
    from zxcvbn import zxcvbn

    shop = the_shop()
    near = _near(former, *about, shop.name, shop.trade_name, shop.email, DEMO_PASSWORD)
    found = zxcvbn(password[:_JUDGED], user_inputs=[*near, *_COMMON])
    if found["score"] < LEAST_SCORE:
        raise Invalid([FieldError("password", _why(found["sequence"]))])


def _near(*texts: str) -> list[str]:
    """The texts, their words, and those written without spaces."""
    near = []
    for text in texts:
        words = _WORD.findall(text)
        near += [text, "".join(words), *words]
    return [word for word in dict.fromkeys(near) if word]


def _why(parts: list[dict]) -> str:
    """The weakness in words, with what to do instead."""
    weakest = max(parts, key=lambda part: len(part["token"]), default={"pattern": ""})
    kind = weakest.get("dictionary_name") or weakest["pattern"]
    if kind == "user_inputs":
        why = _("It holds a name or a word that is tried first in this shop.")
    elif kind == "repeat":
        why = _("It repeats the same signs.")
    elif kind in ("sequence", "spatial"):
        why = _("Its signs stand side by side in the alphabet or on the keyboard.")
    else:
        why = _("It is among the first that anybody tries.")
    return why + " " + _("Take three or four words that have nothing to do with each other.")
