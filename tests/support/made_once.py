"""What takes long to make and is alike for all workers of a run: the first who needs it makes it,
and the others have it from there."""

import fcntl
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services import short_folder

_COMMON = pytest.StashKey[Path]()


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        config.stash[_COMMON] = Path(config.workerinput["common"])
    else:
        made = short_folder()
        config.add_cleanup(made.cleanup)
        config.stash[_COMMON] = Path(made.name)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["common"] = str(node.config.stash[_COMMON])


@pytest.fixture(scope="session")
def common(pytestconfig) -> Path:
    """The folder of all workers of this run."""
    return pytestconfig.stash[_COMMON]


@pytest.fixture(scope="session")
def made_once(common) -> Callable[[str, Callable[[Path], None]], Path]:
    """`made_once(name, make)`: the folder of that name, which `make` has filled once a run."""

    def made_once(name: str, make: Callable[[Path], None]) -> Path:
        made = common / name
        with open(common / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                draft = Path(tempfile.mkdtemp(dir=common))
                make(draft)
                draft.rename(made)
        return made

    return made_once
