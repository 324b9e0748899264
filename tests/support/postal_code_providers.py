"""ViaCEP and its fallbacks as one real HTTP server on loopback, which can be told to misbehave.

    with FakeProviders() as fake:
        asking_viacep(settings, fake)
        fake.modes["viacep"] = "server_error"

It answers from the sample's 65 codes, in each provider's own words; any other code is unknown.
Modes: ok, unknown_boolean, outage (BrasilAPI's 404 while the services behind it are down),
bad_request, forbidden, too_many, server_error, slow (`delay_s`), drip, garbage, empty, list,
other_cep, redirect, huge. `refuse()` closes the port, `listen()` opens it again.
"""

import json
import threading
import time
from collections import Counter, defaultdict
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

from flask import Flask

from webapp.platform.settings import Settings

PATHS = {
    "viacep": "/viacep/ws",
    "brasilapi": "/brasilapi/api/cep/v2",
    "opencep": "/opencep/v1",
    "awesomeapi": "/awesomeapi/json",
}
_ROWS = json.loads(files("webapp.addresses").joinpath("sample.json").read_text("utf-8"))
SAMPLE = {row["cep"].replace("-", ""): row for row in _ROWS if "erro" not in row}


class FakeProviders:
    places = PATHS

    def __init__(self):
        self.modes = defaultdict(lambda: "ok")
        self.delay_s = 0.0
        self.calls: Counter[tuple[str, str]] = Counter()
        self.user_agents: set[str] = set()
        self.paths: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = None
        self.port = 0

    def __enter__(self):
        self.listen()
        return self

    def __exit__(self, *_):
        self.refuse()

    def listen(self):
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def refuse(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def url(self, provider: str) -> str:
        return f"http://127.0.0.1:{self.port}{self.places[provider]}"

    def asked(self, provider: str) -> int:
        return sum(count for (name, _), count in self.calls.items() if name == provider)

    def answer(self, path: str, user_agent: str) -> tuple[int, dict[str, str], bytes]:
        provider = path.split("/")[1]
        cep = (
            path.removeprefix(self.places.get(provider, "/?"))
            .strip("/")
            .removesuffix(".json")
            .removesuffix("/json")
        )
        with self._lock:
            self.paths.append(path)
            self.calls[provider, cep] += 1
            self.user_agents.add(user_agent)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(self.delay_s if self.modes[provider] in ("ok", "slow") else 0)
            return self._answer(provider, cep)
        finally:
            with self._lock:
                self._at_once -= 1

    def _answer(self, provider, cep):
        mode = self.modes[provider]
        row = SAMPLE.get(cep)
        if mode in MISBEHAVIOUR:
            return MISBEHAVIOUR[mode]
        if mode == "outage":
            return in_json(404, _brasilapi_errors("Erro ao se conectar com o serviço ViaCEP."))
        if mode == "other_cep":
            row = SAMPLE["01001000"]
        if row is None or mode == "unknown_boolean":
            return (
                in_json(200, {"erro": True}) if mode == "unknown_boolean" else _UNKNOWN[provider]()
            )
        return in_json(200, _WORDS[provider](row))


def in_json(status, data):
    return (
        status,
        {"Content-Type": "application/json; charset=utf-8"},
        json.dumps(data, ensure_ascii=False).encode(),
    )


def in_html(status):
    return status, {"Content-Type": "text/html"}, b"<!DOCTYPE html><h1>Verifique a URL</h1>"


def _brasilapi_errors(text):
    return {
        "name": "CepPromiseError",
        "type": "service_error",
        "message": "Todos os serviços de CEP retornaram erro.",
        "errors": [{"name": "ServiceError", "message": text, "service": "viacep"}],
    }


MISBEHAVIOUR = {
    "bad_request": in_html(400),
    "forbidden": in_html(403),
    "too_many": in_html(429),
    "server_error": in_html(502),
    "garbage": (200, {"Content-Type": "text/html"}, b"<html>Bem-vindo ao wi-fi do aeroporto"),
    "empty": in_json(200, {}),
    "list": in_json(200, [{"cep": "01001-000"}]),
    "redirect": (302, {"Location": "/viacep/ws/05010000/json/"}, b""),
    "huge": (200, {"Content-Type": "application/json"}, b'{"cep": "' + b"0" * 1_000_000 + b'"}'),
    "drip": (200, {"Content-Type": "application/json"}, b'{"cep": "01001-000"}'),
}
_UNKNOWN = {
    "viacep": lambda: in_json(200, {"erro": "true"}),
    "brasilapi": lambda: in_json(404, _brasilapi_errors("CEP não encontrado na base do ViaCEP.")),
    "opencep": lambda: in_html(404),
    "awesomeapi": lambda: in_json(
        404, {"code": "not_found", "message": "O CEP nao foi encontrado"}
    ),
}
_WORDS = {
    "viacep": lambda row: row,
    "brasilapi": lambda row: {
        "cep": row["cep"].replace("-", ""),
        "state": row["uf"],
        "city": row["localidade"],
        "neighborhood": row["bairro"] or None,
        "street": row["logradouro"] or None,
        "service": "open-cep",
        "ibge": {"city": None, "state": row["ibge"][:2]},
        "location": {"type": "Point", "coordinates": {}},
    },
    "opencep": lambda row: {
        name: row[name] for name in row if name not in ("unidade", "gia", "ddd", "siafi")
    },
    "awesomeapi": lambda row: {
        "cep": row["cep"].replace("-", ""),
        "address": row["logradouro"],
        "district": row["bairro"],
        "city": row["localidade"],
        "state": row["uf"],
        "city_ibge": row["ibge"],
        "lat": "-23.5",
        "lng": "-46.6",
        "ddd": row["ddd"],
    },
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = True

    def __init__(self, *arguments):
        self._open = set()
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        self._open.add(request)
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        # A client that gave up on a slow answer is what the test is about.
        request.close()

    def server_close(self):
        """Kept-alive connections go too: a provider that is gone answers on none of them."""
        super().server_close()
        for request in self._open:
            request.close()


def _handler(fake):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status, headers, body = fake.answer(self.path, self.headers["User-Agent"])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if fake.modes[self.path.split("/")[1]] == "drip":
                self._drip(body)
            else:
                self.wfile.write(body)

        def _drip(self, body):
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(0.2)

        def log_message(self, *_):
            """Silent: the tests count the calls instead."""

    return Handler


def asking_viacep(settings: Settings, fake: FakeProviders) -> Settings:
    """Those of a shop that asks this ViaCEP and nobody else."""
    return replace(settings, cep_providers=("viacep",), viacep_url=fake.url("viacep"))


def forget_lookup(app: Flask) -> None:
    """Breakers remember: the next to ask begins with closed ones."""
    if lookup := app.extensions.pop("lookup", None):
        lookup.close()
