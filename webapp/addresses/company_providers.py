"""The services that know companies by their CNPJ, from Receita Federal's open data.

Sources: brasilapi.com.br/docs (CNPJ v1), developers.receitaws.com.br, opencnpj.org.
"""

from webapp.addresses.answer import CompanyAnswer
from webapp.addresses.providers import Provider, ProviderDown, is_404, pace
from webapp.platform.cep import folded, format_cep, normalize_cep
from webapp.platform.documents import normalize_document
from webapp.platform.towns import city_code, is_city_code, state_code

_ABROAD = "EX"
_SITUATIONS = ("NULA", "ATIVA", "SUSPENSA", "INAPTA", "BAIXADA")
_RECEITA_NAMES = {
    "cnpj": "cnpj",
    "name": "razao_social",
    "trade_name": "nome_fantasia",
    "zip_code": "cep",
    "street": "logradouro",
    "number": "numero",
    "complement": "complemento",
    "neighborhood": "bairro",
    "city": "municipio",
    "state": "uf",
}


def brasilapi(base_url: str = "https://brasilapi.com.br/api/cnpj/v1") -> Provider[CompanyAnswer]:
    names = _RECEITA_NAMES | {
        "situation": "descricao_situacao_cadastral",
        "street_kind": "descricao_tipo_de_logradouro",
        "ibge": "codigo_municipio_ibge",
    }
    return Provider(
        "brasilapi", base_url, "/{key}", names, is_404, company_answer, pace(base_url, "240/hour")
    )


def receitaws(base_url: str = "https://receitaws.com.br/v1/cnpj") -> Provider[CompanyAnswer]:
    # Three a minute are given away; the fourth is refused for a while.
    names = _RECEITA_NAMES | {"name": "nome", "trade_name": "fantasia", "situation": "situacao"}
    return Provider(
        "receitaws",
        base_url,
        "/{key}",
        names,
        _receitaws_unknown,
        company_answer,
        pace(base_url, "3/minute"),
    )


def opencnpj(base_url: str = "https://api.opencnpj.org") -> Provider[CompanyAnswer]:
    names = _RECEITA_NAMES | {"situation": "situacao_cadastral", "street_kind": "tipo_logradouro"}
    return Provider(
        "opencnpj", base_url, "/{key}", names, is_404, company_answer, pace(base_url, "3600/hour")
    )


def company_answer(cnpj: str, parts: dict[str, str], provider: str) -> CompanyAnswer:
    """Raises ProviderDown for what is no answer about this company."""
    cep, state = normalize_cep(parts["zip_code"]), parts["state"].upper()
    situation, is_abroad = parts["situation"].upper(), state == _ABROAD
    known_place = parts["city"] and state_code(state) == state
    if normalize_document(parts["cnpj"]) != cnpj or not parts["name"]:
        raise ProviderDown("garbage")
    if not (known_place or is_abroad):
        raise ProviderDown("garbage")
    names = {part: parts[part] for part in ("name", "trade_name")}
    place = {
        "zip_code": format_cep(cep) if cep else "",
        "street": _street(parts.get("street_kind", ""), parts["street"]),
        "state": state,
        "ibge": _ibge(parts, state),
    } | {part: parts[part] for part in ("number", "complement", "neighborhood", "city")}
    return CompanyAnswer(
        cnpj=cnpj,
        situation=situation if situation in _SITUATIONS else "",
        provider=provider,
        **names,
        **(dict.fromkeys(place, "") if is_abroad else place),
    )


def _ibge(parts: dict[str, str], state: str) -> str:
    told = parts.get("ibge", "")
    return told if is_city_code(told) else city_code(parts["city"], state) or ""


def _street(kind: str, street: str) -> str:
    """The street with its kind before it ("AVENIDA" "PAULISTA"), once."""
    named = street.upper().startswith(f"{kind.upper()} ")
    return street if not kind or not street or named else f"{kind} {street}"


def _receitaws_unknown(status: int, data: object) -> bool:
    # It says ERROR of its own troubles too, with 200; only the words tell the two apart.
    if not (status in (200, 404) and isinstance(data, dict) and data.get("status") == "ERROR"):
        return False
    words = folded(str(data.get("message", "")))
    return any(said in words for said in ("naoencontrado", "rejeitado", "invalido"))
