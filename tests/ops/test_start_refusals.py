"""What stops bin/run at its start: each with one line that says what to do, and nothing half
started."""

import os
import socket
import subprocess
import sys

import _prepare
import _setup
import _supervisor
import pytest
from _redis import free_port

from tests.ops.test_run import left_running
from tests.services import ROOT


def started(**env: str) -> str:
    """The one line that bin/run leaves with."""
    kept = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [ROOT / "bin/run"], env=kept | env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.fixture
def refusal(monkeypatch):
    """Why a start in this environment ends before anything is installed or started."""

    def refusal(**env: str) -> str:
        monkeypatch.setattr(os, "environ", {"PATH": os.environ["PATH"]} | env)
        monkeypatch.setattr(_supervisor, "ensure_packages", None)
        with pytest.raises(_setup.Failure) as refused, _supervisor.claimed("requirements.txt"):
            pass
        return str(refused.value)

    return refusal


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port(tmp_path, taken_port):
    line = started(DATA_DIR=str(tmp_path), PORT=str(taken_port))
    assert line.startswith(
        f"bin/run: port {taken_port} on 127.0.0.1 cannot be used (Address already in use); "
    )


def test_a_host_that_is_no_address(tmp_path, refusal):
    assert "HOST=no.such.invalid is no address" in refusal(
        DATA_DIR=str(tmp_path), HOST="no.such.invalid", DEMO="0"
    )


def test_settings_that_make_no_sense(tmp_path):
    line = started(DATA_DIR=str(tmp_path), NFE_ENVIRONMENT="production", NFE_AUTHORITY="sandbox")
    assert line.startswith("bin/run: NFE_ENVIRONMENT=production with NFE_AUTHORITY=sandbox: ")


@pytest.mark.parametrize(
    "opened",
    [
        {"HOST": "0.0.0.0"},
        {"HOST": "::"},
        {"HOST": "192.0.2.7"},
        {"PUBLIC_URL": "https://shop.example"},
        {"HOST": "0.0.0.0", "DEMO": ""},
    ],
)
def test_the_demos_passwords_face_no_network_unasked(tmp_path, opened):
    with pytest.raises(_setup.Failure, match="open the shop to a network: say DEMO=0"):
        _supervisor.demo_unless_said({"DATA_DIR": str(tmp_path)} | opened)


def test_the_demo_is_the_default_on_this_machine_alone_and_anywhere_when_it_is_said(tmp_path):
    here = {"DATA_DIR": str(tmp_path)}
    said = here | {"HOST": "0.0.0.0", "DEMO": "1"}
    own = here | {"HOST": "0.0.0.0", "DEMO": "0"}
    for env in (here, here | {"HOST": "localhost"}, here | {"HOST": "::1"}, said, own):
        _supervisor.demo_unless_said(env)
        assert env["DEMO"] == ("0" if env is own else "1")


@pytest.mark.parametrize("secret", ["x", "x" * 64, "0123456789abcdef"])
@pytest.mark.parametrize("faced", [{"HOST": "0.0.0.0"}, {"PUBLIC_URL": "https://shop.example"}])
def test_a_secret_that_is_guessed_faces_no_network(tmp_path, secret, faced):
    here = {"DATA_DIR": str(tmp_path), "SECRET_KEY": secret}
    assert _setup.settings(here).secret_key == secret
    with pytest.raises(_setup.Failure, match="^SECRET_KEY: use at least 32 random characters"):
        _setup.settings(here | faced)


def not_made_ready(capsys) -> str:
    """What is said by whoever makes the database ready, where that cannot be."""
    with pytest.raises(SystemExit) as ended:
        _prepare.main()
    assert ended.value.code == 1
    return capsys.readouterr().out


def test_a_database_that_does_not_answer(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    monkeypatch.setenv("DATABASE_URL", url)
    assert not_made_ready(capsys).startswith("the database does not answer: ")


# Without reading the shop's modules first, which takes longer than all the rest.
NOT_READY = """
import sys
from _setup import command
from _supervisor import Supervisor, run

class Refused(Supervisor):
    def begin_preparing(self, said):
        refuses = "print('it does not answer: why'); raise SystemExit(1)"
        return self.guardian.spawn([sys.executable, "-c", refuses], stdout=said)

sys.argv[0] = "bin/run"
command(lambda: run(Refused))
"""


def test_what_is_not_made_ready_ends_the_start_with_its_reason(tmp_path):
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "bin")}
    env |= {"DATA_DIR": str(tmp_path), "PORT": str(free_port())}
    done = subprocess.run(
        [sys.executable, "-c", NOT_READY], env=env, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "bin/run: it does not answer: why\n"
    assert left_running(tmp_path) == {}, "Redis, which had begun, has ended too"


@pytest.mark.parametrize(
    "name, address",
    [
        ("DATABASE_URL", "postgresql://shop:secret@db:many/shop"),
        ("DATABASE_URL", "mysql://shop:secret@db/shop"),
        ("REDIS_URL", "redis://:secret@cache:many/0"),
        ("SMTP_URL", "smtp://shop:secret@mail:many"),
        ("SMTP_URL", "smtp://"),
    ],
)
def test_an_address_that_is_none_and_may_bear_a_password(tmp_path, refusal, name, address):
    line = refusal(DATA_DIR=str(tmp_path), **{name: address})
    assert line.startswith(f"{name}: use ") and "secret" not in line


@pytest.mark.parametrize(
    "name, address", [("VIACEP_URL", "http://cep:many"), ("PUBLIC_URL", "shop.example")]
)
def test_an_address_of_the_web_that_is_none(tmp_path, refusal, name, address):
    assert refusal(DATA_DIR=str(tmp_path), **{name: address}).startswith(f"{name}={address}: use ")


def test_a_certificate_that_does_not_open(tmp_path, monkeypatch, capsys):
    (tmp_path / "a1.pfx").write_text("no certificate")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NFE_CERTIFICATE", str(tmp_path / "a1.pfx"))
    assert not_made_ready(capsys) == (
        "NFE_CERTIFICATE: This is not a PFX file (.pfx or .p12). Choose the file of the A1 "
        "certificate.\n"
    )


def test_a_data_dir_that_cannot_be_written(tmp_path, refusal):
    (tmp_path / "file").write_text("")
    assert "cannot write there (Not a directory)" in refusal(
        DATA_DIR=str(tmp_path / "file" / "data")
    )


def test_a_data_dir_that_another_run_holds(tmp_path, taken_port):
    with _supervisor.lock(tmp_path):
        line = started(DATA_DIR=str(tmp_path), PORT=str(taken_port))
    assert f"already runs on {tmp_path} (process {os.getpid()})" in line


@pytest.mark.parametrize("script", ["run", "test", "check", "dev", "console"])
def test_an_old_python(script):
    pretend = (
        "import sys; sys.version_info = (3, 10, 9); "
        f"exec(open({str(ROOT / 'bin' / script)!r}).read())"
    )
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"bin/{script}: needs Python 3.11 or newer; {sys.executable} is 3.10\n"


@pytest.fixture
def empty_checkout(tmp_path, monkeypatch):
    """A checkout with no virtual environment yet."""
    monkeypatch.setattr(_setup, "ROOT", tmp_path)
    monkeypatch.setattr(_setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(_setup, "PYTHON", tmp_path / ".venv/bin/python")
    return tmp_path


THIS = "({}, {})".format(*sys.version_info)


@pytest.mark.parametrize(
    ("built_with", "version_of_the_systems", "takes_it"),
    [
        ("'--enable-shared'", THIS, True),
        ("'--enable-shared'", "(3, 9)", False),
        ("'--enable-shared'", None, False),
        ("'--enable-optimizations' '--enable-shared'", THIS, False),
    ],
)
def test_of_two_pythons_of_one_version_the_optimized_one_is_taken(
    tmp_path, monkeypatch, built_with, version_of_the_systems, takes_it
):
    systems = tmp_path / "python3"
    if version_of_the_systems:
        systems.write_text(f"#!/bin/sh\necho '{version_of_the_systems}'\n")
        systems.chmod(0o755)
    monkeypatch.setattr(_setup, "SYSTEM", str(systems))
    monkeypatch.setattr(_setup.sysconfig, "get_config_var", {"CONFIG_ARGS": built_with}.get)
    assert _setup._best_python() == (str(systems) if takes_it else sys.executable)


def test_packages_that_cannot_be_had(empty_checkout, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (empty_checkout / "requirements.txt").write_text("balcao-no-such-package==1\n")
    with pytest.raises(
        _setup.Failure,
        match="^the packages were not installed: No matching distribution found for balcao-no",
    ):
        _setup.ensure_packages("requirements.txt")


@pytest.mark.parametrize(
    ("configured", "failing", "asked"),
    [
        ("", "", ["uv==", "uv pip"]),
        ("", "uv==", ["uv==", "requirements.txt"]),
        ("", "uv pip", ["uv==", "uv pip", "requirements.txt"]),
        ("global.index-url='at home'", "", ["requirements.txt"]),
    ],
)
def test_uv_installs_and_pip_where_it_cannot_or_has_its_own_source(
    empty_checkout, monkeypatch, capsys, configured, failing, asked
):
    (empty_checkout / "requirements.txt").write_text("")
    (empty_checkout / ".venv/bin").mkdir(parents=True)
    (empty_checkout / ".venv/bin/python").symlink_to(sys.executable)
    ran = []

    def run(command):
        ran.append(" ".join(command))
        return ["error: no way"] if failing and failing in ran[-1] else None

    monkeypatch.setattr(_setup, "_pip", lambda: (["pip"], configured))
    monkeypatch.setattr(_setup, "_run", run)
    _setup.ensure_packages("requirements.txt")
    assert [part in command for part, command in zip(asked, ran, strict=True)] == [True] * len(
        asked
    )
    assert ("without uv (error: no way), which" in capsys.readouterr().out) is bool(failing)


def test_a_checkout_that_cannot_be_written(empty_checkout, monkeypatch):
    (empty_checkout / "file").write_text("")
    monkeypatch.setattr(_setup, "VENV", empty_checkout / "file" / ".venv")
    with pytest.raises(_setup.Failure, match="^cannot write in "):
        _setup.ensure_packages("requirements.txt")


def test_a_missing_compiler_is_said_in_plain_words():
    log = [
        "Building wheel for x",
        "error: [Errno 2] No such file or directory: 'gcc'",
        "ERROR: Failed building wheel for x",
    ]
    assert "there is no C compiler" in _setup._reason(log)


def test_packages_are_installed_again_only_when_a_pin_changes(empty_checkout, monkeypatch):
    (empty_checkout / "requirements.txt").write_text("")
    (empty_checkout / "requirements-dev.txt").write_text("-r requirements.txt\n")
    (empty_checkout / ".venv/bin").mkdir(parents=True)
    (empty_checkout / ".venv/bin/python").symlink_to(sys.executable)
    installs = []
    monkeypatch.setattr(_setup, "_pip", lambda: (["pip"], ""))
    monkeypatch.setattr(_setup, "_install_with_uv", lambda _pip, file: not installs.append(file))

    _setup.ensure_packages("requirements-dev.txt")
    assert installs == [str(empty_checkout / "requirements-dev.txt")]
    _setup.ensure_packages("requirements-dev.txt")
    _setup.ensure_packages("requirements.txt")
    assert len(installs) == 1, "what the tests need holds what the shop needs"
    (empty_checkout / "requirements.txt").write_text("# another pin\n")
    _setup.ensure_packages("requirements-dev.txt")
    assert len(installs) == 2


def test_the_environment_wins_over_the_env_file(empty_checkout, monkeypatch):
    (empty_checkout / ".env").write_text(
        "# ours\nexport PORT=8001\nSMTP_URL = 'smtp://mail'\nHOST=0.0.0.0\n\n#DEMO=0\n"
    )
    for name in ("PORT", "SMTP_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOST", "::1")
    env = _setup.environment()
    assert (env["PORT"], env["SMTP_URL"], env["HOST"]) == ("8001", "smtp://mail", "::1")
    assert "DEMO" not in env
