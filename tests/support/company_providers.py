"""BrasilAPI, ReceitaWS and OpenCNPJ as one real HTTP server on loopback, each in its own words.

It knows `SEAT`, `BRANCH` (closed, with letters in its CNPJ) and `ABROAD`. Modes are those of
`postal_code_providers`, and `other_company`, and ReceitaWS's `own_trouble`.
"""

from tests.support.postal_code_providers import MISBEHAVIOUR, FakeProviders, in_html, in_json
from webapp.platform.documents import format_document

SEAT, BRANCH, ABROAD = "27865757000102", "12ABC34501DE35", "11222333000181"
UNKNOWN = "19131243000197"
_ROWS = {
    SEAT: {
        "name": "GLOBO COMUNICACAO E PARTICIPACOES S/A",
        "trade_name": "GLOBO",
        "situation": "ATIVA",
        "kind": "RUA",
        "street": "LOPES QUINTAS",
        "number": "303",
        "complement": "",
        "neighborhood": "JARDIM BOTANICO",
        "zip_code": "22460901",
        "city": "RIO DE JANEIRO",
        "state": "RJ",
        "ibge": 3304557,
    },
    BRANCH: {
        "name": "LIVROS DO SUL LTDA",
        "trade_name": "",
        "situation": "BAIXADA",
        "kind": "AVENIDA",
        "street": "PAULISTA",
        "number": "S/N",
        "complement": "SALA 2",
        "neighborhood": "BELA VISTA",
        "zip_code": "01311902",
        "city": "SAO PAULO",
        "state": "SP",
        "ibge": 3550308,
    },
    ABROAD: {
        "name": "EDITORA DO PORTO SA",
        "trade_name": "",
        "situation": "ATIVA",
        "kind": "",
        "street": "RUA DE CEDOFEITA",
        "number": "9",
        "complement": "",
        "neighborhood": "",
        "zip_code": "",
        "city": "EXTERIOR",
        "state": "EX",
        "ibge": None,
    },
}


class FakeCompanies(FakeProviders):
    places = {
        "brasilapi": "/brasilapi/api/cnpj/v1",
        "receitaws": "/receitaws/v1/cnpj",
        "opencnpj": "/opencnpj",
    }

    def _answer(self, provider, key):
        mode = self.modes[provider]
        if mode in MISBEHAVIOUR:
            return MISBEHAVIOUR[mode]
        if mode == "own_trouble":
            return in_json(200, {"status": "ERROR", "message": "Tente novamente mais tarde"})
        told = BRANCH if mode == "other_company" else key
        if told not in _ROWS:
            return _UNKNOWN[provider]
        return in_json(200, _WORDS[provider](told, _ROWS[told]))


def _of_receita(cnpj, row):
    return {
        "cnpj": cnpj,
        "razao_social": row["name"],
        "nome_fantasia": row["trade_name"],
        "logradouro": row["street"],
        "numero": row["number"],
        "complemento": row["complement"],
        "bairro": row["neighborhood"],
        "cep": row["zip_code"],
        "municipio": row["city"],
        "uf": row["state"],
    }


_WORDS = {
    "brasilapi": lambda cnpj, row: (
        _of_receita(cnpj, row)
        | {
            "situacao_cadastral": 2,
            "descricao_situacao_cadastral": row["situation"],
            "descricao_tipo_de_logradouro": row["kind"],
            "codigo_municipio_ibge": row["ibge"],
            "qsa": None,
        }
    ),
    "receitaws": lambda cnpj, row: {
        "status": "OK",
        "cnpj": format_document(cnpj),
        "nome": row["name"],
        "fantasia": row["trade_name"],
        "situacao": row["situation"],
        "logradouro": f"{row['kind']} {row['street']}".strip(),
        "numero": row["number"],
        "complemento": row["complement"],
        "bairro": row["neighborhood"],
        "cep": f"{row['zip_code'][:2]}.{row['zip_code'][2:5]}-{row['zip_code'][5:]}",
        "municipio": row["city"],
        "uf": row["state"],
        "billing": {"free": True, "database": True},
    },
    "opencnpj": lambda cnpj, row: (
        _of_receita(cnpj, row)
        | {
            "situacao_cadastral": row["situation"].capitalize(),
            "tipo_logradouro": row["kind"],
            "telefones": [{"ddd": "21", "numero": "25400000", "is_fax": False}],
            "QSA": [],
        }
    ),
}
_UNKNOWN = {
    "brasilapi": in_json(404, {"message": "CNPJ não encontrado.", "type": "not_found"}),
    "receitaws": in_json(
        200, {"status": "ERROR", "message": "CNPJ rejeitado pela Receita Federal"}
    ),
    "opencnpj": in_html(404),
}
