"""Invented people, firms and products of a big shop: each number has one, always the same."""

from typing import NamedTuple

from webapp.platform.documents import with_check_digits
from webapp.platform.text import fold

FIRST = (
    "Ana Beatriz Camila Daniela Eduarda Fernanda Gabriela Helena Isabela Joana Larissa Mariana "
    "Natália Patrícia Rafaela Sílvia Tatiana Vitória Antônio Bruno Caio Diego Eduardo Fábio "
    "Gustavo Heitor Ígor João José Leandro Marcos Nelson Otávio Paulo Rafael Sérgio Thiago "
    "Vinícius Wagner Zélia Luiza"
).split()
MIDDLE = (
    "Alves Araújo Barbosa Batista Borges Campos Cardoso Castro Conceição Correia Cunha Dias "
    "Duarte Fernandes Freitas Gomes Gonçalves Lima Lopes Machado Magalhães Marques Martins"
).split()
LAST = (
    "Medeiros Melo Mendes Miranda Monteiro Moraes Moreira Moura Nascimento Nogueira Nunes "
    "Oliveira Pereira Pinto Prado Ramos Ribeiro Rocha Rodrigues Santana Santos Silva Silveira "
    "Soares Souza Tavares Teixeira Vasconcelos Vieira"
).split()
TRADES = ("Livraria", "Papelaria", "Expedições", "Escola de Montanha", "Presentes")
COLOURS = (
    "azul vermelho verde amarelo preto branco cinza laranja roxo marrom turquesa grafite areia "
    "vinho mostarda petróleo lilás"
).split()
# One customer of so many is a firm.
FIRMS = 20
_AREAS = ("11", "19", "21", "31", "41", "48", "51", "61", "71", "81", "85", "92")


class Person(NamedTuple):
    name: str
    document: str
    email: str
    phone: str


def person(number: int) -> Person:
    family = LAST[number * 13 % len(LAST)]
    phone = f"{_AREAS[number % len(_AREAS)]}9{70_000_000 + number}"
    if number % FIRMS == 0:
        name = f"{TRADES[number // FIRMS % len(TRADES)]} {family} {_letters(number).upper()} Ltda"
        document = with_check_digits(f"{10_000_000 + number:08d}0001")
        return Person(name, document, f"compras.{_letters(number)}@example.com", phone)
    first, middle = FIRST[number % len(FIRST)], MIDDLE[number // len(FIRST) % len(MIDDLE)]
    document = with_check_digits(f"{100_000_000 + number * 3571 % 899_999_999:09d}")
    email = f"{fold(first)}.{fold(family)}.{_letters(number)}@example.com"
    return Person(f"{first} {middle} {family}", document, email, phone)


def _letters(number: int) -> str:
    """The number in letters: names and e-mails with digits are searched for otherwise."""
    told = ""
    while True:
        number, rest = divmod(number, 26)
        told = chr(ord("a") + rest) + told
        if not number:
            return told


def product_texts(number: int, sku: str, name: str) -> tuple[str, str, str]:
    """SKU, name and bar code of a product like the one of this SKU and name."""
    colour = COLOURS[number % len(COLOURS)]
    body = f"789{number % 10**9:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return (
        f"{sku}-{number:05d}",
        f"{name} {colour} {_letters(number).upper()}",
        f"{body}{-total % 10}",
    )
