"""A spreadsheet of 10,000 products as other programs export it, imported as jobs: looked over and
taken; then their stock, and their prices."""

import io
import resource
import time
from collections.abc import Iterator

from werkzeug.datastructures import FileStorage

from tests.bench.figures import tell
from tests.bench.importing import in_both_shops, work_through
from webapp.imports.importing import take_import
from webapp.imports.models import ImportKind
from webapp.imports.queries import import_by_id
from webapp.imports.works import Sending
from webapp.platform.database import db
from webapp.processing.import_steps import WORKS, CheckStep, TakeStep

PRODUCTS = 10_000
COLUMNS = (
    "ID;Código;Descrição;Unidade;NCM;Origem;Preço;Valor IPI fixo;Observações;Situação;Estoque;"
    "Preço de custo;Cód. no fornecedor;Fornecedor;Localização;Estoque máximo;Estoque mínimo;"
    "Peso líquido (Kg);Peso bruto (Kg);GTIN/EAN;Largura;Altura;Profundidade;Descrição Complementar;"
    "Marca;CEST;Categoria do produto;Garantia meses;Condição;Frete grátis"
)


def measure() -> None:
    in_both_shops(_import_all)


def _import_all() -> None:
    _import(ImportKind.PRODUCTS, _catalog())
    _import(ImportKind.STOCK, ("Código;Saldo", *(f"P-{n:05};{n % 90}" for n in _numbers())))
    _import(ImportKind.PRICES, ("Código;Preço", *(f"P-{n:05};{n % 700},75" for n in _numbers())))


def _numbers() -> range:
    return range(1, PRODUCTS + 1)


def _catalog() -> Iterator[str]:
    yield COLUMNS
    for n in _numbers():
        yield (
            f"{n};P-{n:05};Caneca esmaltada número {n};UN;6912.00.00;0;{n % 900},90;0,00;;Ativo;"
            f"{n % 50},00;{n % 400},10;F-{n};Cerâmica Horizonte;A{n % 9};0,00;2,00;0,350;0,400;;10;"
            "9;9;Esmaltada à mão, de ágata, para o café de cada dia;Ágata;;Cozinha;12;Novo;Não"
        )


def _import(kind: ImportKind, lines: Iterator[str] | tuple[str, ...]) -> None:
    file = FileStorage(io.BytesIO("\r\n".join(lines).encode("latin-1")), f"{kind}.csv")
    began, before = time.monotonic(), _memory()
    begun = WORKS[kind].begin(Sending([file], "token bench"))
    db.session.commit()
    looking = work_through(CheckStep())
    found = import_by_id(begun.id)
    assert (found.accepted, found.refused) == (PRODUCTS, 0), (found.accepted, found.refused)
    take_import(found, skip_refused=False)
    db.session.commit()
    taking = work_through(TakeStep())
    assert import_by_id(begun.id).status == "done"
    seconds = time.monotonic() - began
    tell(
        f"import of {PRODUCTS:,} rows of {kind}",
        f"{looking + taking:.1f} s of processor time: {looking:.1f} looked over, {taking:.1f} "
        f"taken (at most 30); {seconds:.0f} s in all; {_memory() - before:.0f} MB more",
    )


def _memory() -> float:
    """At most so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
