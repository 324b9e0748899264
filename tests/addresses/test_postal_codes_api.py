"""GET /api/v1/postal-codes/<cep>."""

from dataclasses import replace

import pytest

from tests.factories import api, make_token


def test_an_address_comes_with_its_provider(db, client):
    answer = api(client, make_token("clerk")).get("/postal-codes/05010000")
    assert answer.status_code == 200
    told = answer.json
    assert (told["zip_code"], told["city"], told["state"], told["ibge"], told["provider"]) == (
        "05010-000",
        "São Paulo",
        "SP",
        "3550308",
        "sample",
    )
    assert told["fetched_at"].endswith("+00:00")
    assert told["street"]


@pytest.mark.parametrize("written", ["05010-000", "05.010-000", "CEP 05010-000"])
def test_any_written_form_will_do(db, client, written):
    assert (
        api(client, make_token("clerk")).get(f"/postal-codes/{written}").json["zip_code"]
        == "05010-000"
    )


def test_a_code_that_nobody_knows_is_not_found(db, client):
    answer = api(client, make_token("clerk")).get("/postal-codes/99999-999")
    assert (answer.status_code, "99999-999" in answer.json["detail"]) == (404, True)


@pytest.mark.parametrize("written", ["123", "abc", "05010000x", "05010-000-1", "00000000"])
def test_what_is_no_postal_code_is_refused(db, client, written):
    answer = api(client, make_token("clerk")).get(f"/postal-codes/{written}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "cep")


class TestNobodyAnswers:
    @pytest.fixture
    def settings(self, base_settings, database_url):
        # Nothing listens on this port.
        return replace(
            base_settings,
            database_url=database_url,
            cep_providers=("viacep",),
            viacep_url="http://127.0.0.1:9/ws",
        )

    def test_it_is_told_and_may_be_asked_again(self, db, client):
        answer = api(client, make_token("clerk")).get("/postal-codes/05010-000")
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")


def test_a_token_is_needed(client):
    assert api(client, None).get("/postal-codes/05010-000").status_code == 401
