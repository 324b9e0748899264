"""Where each state's services are: the addresses are nfelib's table, which state goes to whom is
the portal's (November 2026)."""

from nfelib.nfe.client.v4_0.servers import Endpoint, servers

from webapp.fiscal.authority import Service

NATIONAL, OF_RS, OF_AN = "AN", "SVRS", "SVAN"
ENDPOINTS = {
    Service.AUTHORIZATION: Endpoint.NFEAUTORIZACAO,
    Service.QUERY: Endpoint.NFECONSULTAPROTOCOLO,
    Service.STATUS: Endpoint.NFESTATUSSERVICO,
    Service.EVENT: Endpoint.RECEPCAOEVENTO,
    Service.VOIDING: Endpoint.NFEINUTILIZACAO,
    Service.REGISTER: Endpoint.NFECONSULTACADASTRO,
    Service.DISTRIBUTION: Endpoint.NFEDISTRIBUICAODFE,
}
_OWN = {"AM", "BA", "GO", "MG", "MS", "MT", "PE", "PR", "RS", "SP"}
_AT_SVAN = {"MA"}
# Of the states without an authority of their own, those whose register of contributors is asked.
_REGISTER_AT_SVRS = {"AC", "ES", "PB", "RN", "SC"}


class NoSuchService(LookupError):
    """The authorizer does not offer it."""


def server_of(state: str) -> str:
    """Who serves a state's issuers, as the table of addresses names it."""
    if state in _OWN:
        return state
    return OF_AN if state in _AT_SVAN else OF_RS


def address_of(authorizer: str, service: Service, production: bool) -> str:
    """Raises NoSuchService."""
    try:
        addresses = servers[authorizer]["prod_endpoints" if production else "dev_endpoints"]
        # Some are written as the address of their description.
        return str(addresses[ENDPOINTS[service]]).removesuffix("?wsdl")
    except KeyError as error:
        raise NoSuchService(f"{authorizer} has no {service}") from error


def register_of(state: str) -> str:
    """Who is asked about a state's contributors. Raises NoSuchService."""
    if state not in _OWN | _REGISTER_AT_SVRS:
        raise NoSuchService(f"the register of {state} is asked nowhere")
    return server_of(state)
