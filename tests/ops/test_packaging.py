"""Procfile, Dockerfile and docker-compose.yml name what is there: settings, modules, files and
commands."""

import importlib.util
import re
import secrets
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.services import ROOT
from webapp.platform.settings import Settings, SettingsError

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {
    name: service for name, service in COMPOSE["services"].items() if service["image"] == "balcao"
}
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
COMMANDS = PROCFILE | {f"compose {name}": service["command"] for name, service in OURS.items()}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE_VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")


class Asked(dict):
    """An environment that remembers what it was asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.names = set()

    def get(self, name, default=None):
        self.names.add(name)
        return super().get(name, default)


def filled(text: str) -> str:
    """The value that a service gets when .env holds a secret for each demanded variable."""
    secret = secrets.token_hex()
    return COMPOSE_VARIABLE.sub(lambda match: secret if match[2] == "?" else match[3], text)


@pytest.mark.parametrize("name", OURS)
def test_every_service_starts_with_settings_that_make_sense(name, tmp_path):
    env = Asked(
        {key: filled(value) for key, value in OURS[name]["environment"].items()}
        | {"DATA_DIR": str(tmp_path)}
    )
    Settings.from_env(env)
    assert set(env) <= env.names, "these variables are read by nobody"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists(name):
    program, *arguments = COMMANDS[name].split()
    assert shutil.which(program, path=str(Path(sys.executable).parent))
    if program == "python":
        assert arguments[0] == "-m" and importlib.util.find_spec(arguments[1])
    else:
        assert any(importlib.util.find_spec(part.partition(":")[0]) for part in arguments)


def test_every_kind_of_process_is_in_both():
    assert {"web", "worker", "sweeper"} <= set(PROCFILE) & set(OURS)
    assert all(OURS[name]["command"] == PROCFILE[name] for name in ("web", "worker", "sweeper"))


def test_no_password_is_written_down():
    for service in COMPOSE["services"].values():
        for key, value in service["environment"].items() if "environment" in service else ():
            if key.endswith(("PASSWORD", "SECRET_KEY", "_AUTH")):
                variable = COMPOSE_VARIABLE.fullmatch(value)
                assert variable[2] == "?" or variable[3] == ""


def test_every_server_is_watched_and_keeps_its_data():
    for name in ("web", "postgres", "redis", "mail"):
        assert COMPOSE["services"][name]["healthcheck"]["test"][0] == "CMD"
    for name in ("web", "worker", "sweeper", "postgres", "redis"):
        assert all(
            volume.partition(":")[0] in COMPOSE["volumes"]
            for volume in COMPOSE["services"][name]["volumes"]
        )


def test_the_image_runs_unprivileged_on_a_supported_python():
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["balcao"]
    version = re.search(r"^FROM python:(\d+)\.(\d+)-slim$", DOCKERFILE, re.MULTILINE)
    assert (int(version[1]), int(version[2])) >= (3, 11)


def test_the_image_copies_what_exists_and_what_the_build_context_lets_through():
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        name
        for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE)
        for name in line.split()
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


def test_a_setting_that_makes_no_sense_is_refused_with_its_name(tmp_path):
    with pytest.raises(SettingsError, match="^WEB_WORKERS=many: "):
        Settings.from_env({"DATA_DIR": str(tmp_path), "WEB_WORKERS": "many"})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:pass#word@db:5432/shop",
        "postgres:///shop?host=/run/postgresql",
        "postgresql+psycopg://db/shop",
    ],
)
def test_addresses_of_postgresql_in_every_usual_form(url, tmp_path):
    read = Settings.from_env({"DATA_DIR": str(tmp_path), "DATABASE_URL": url})
    assert read.database_url == "postgresql+psycopg://" + url.partition("://")[2]
