"""Every variable that the settings read is told in the README, and nothing else reads the
environment."""

import re
from pathlib import Path

import pytest

from webapp.platform.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


class Noted(dict):
    """An environment that remembers what it was asked for."""

    def __init__(self, *args):
        super().__init__(*args)
        self.asked = set()

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)


@pytest.fixture
def asked(tmp_path):
    env = Noted({"DATA_DIR": str(tmp_path / "data")})
    Settings.from_env(env)
    return env.asked


def test_each_is_in_the_readme(asked):
    readme = (ROOT / "README.md").read_text()

    assert len(asked) > 15
    assert sorted(name for name in asked if not re.search(rf"\b{name}\b", readme)) == []


def test_nothing_else_in_the_web_application_reads_the_environment():
    readers = [
        str(file.relative_to(ROOT))
        for folder in ("webapp", "jobs")
        for file in (ROOT / folder).rglob("*.py")
        if re.search(r"\bos\.(environ|getenv)\b", file.read_text())
    ]

    assert readers == ["webapp/platform/settings.py"]
