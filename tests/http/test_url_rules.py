"""Addresses are written as the library writes them, by what is compiled when the first is."""

from werkzeug.routing import Map, Rule

from webapp.http.url_rules import Route


def test_an_address_is_the_librarys_and_compiled_when_it_is_first_written(monkeypatch):
    compiled, get = [], Rule._get_func_code
    monkeypatch.setattr(
        Rule,
        "_get_func_code",
        staticmethod(lambda code, name: compiled.append(name) or get(code, name)),
    )
    routes = Map(
        [
            Route("/orders/<int:route>", endpoint="order"),
            Route("/orders/", endpoint="orders", defaults={"page": 1}),
            Route("/orders/page/<int:page>", endpoint="orders"),
        ]
    ).bind("shop.example")
    assert compiled == []
    assert routes.build("order", {"route": 7, "tab": "a b"}) == "/orders/7?tab=a+b"
    assert routes.build("orders", {"page": 1}) == "/orders/"
    assert routes.build("orders", {"page": 2}) == "/orders/page/2"
    assert routes.build("order", {"route": 8}) == "/orders/8"
    assert len(compiled) == 3
