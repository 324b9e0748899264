"""What bin/run and bin/test share: one-line failures, the settings and the virtual environment.
Standard library only."""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SYSTEM = "/usr/bin/python3"
# Not .lock, which is uv's own.
LOCK = ".setup-lock"
UV = "uv==0.13.9"
QUIETLY = ("--no-input", "--no-compile", "--progress-bar", "off")
SHOWN = ("Collecting ", "Downloading ", "Installing ", "  Building ", "WARNING: Retrying")
# What pip may be told and uv does not read.
PLACES = re.compile(r"\.(index-url|no-index)=")
# The greater half of the packages' lines, of which a run reads few: they are compiled when read.
SELDOM_READ = (
    r"site-packages/(.*/)?(phonenumbers|pip|setuptools|mypyc?|lexers|countries|dns|graphql|stdnum"
    r"|tests|testing|coverage|async_api|mssql|mysql|oracle|bpe|cte|mdfe|nf3e|nfcom|nfse)/"
)


class Failure(Exception):
    """Why it cannot go on, in one line for the person at the terminal."""


def command(main: Callable[[], int]) -> None:
    """Runs `main` from the checkout and exits with its code; a Failure is one line on stderr, a
    signal a quiet end."""
    os.chdir(ROOT)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP on purpose
            signal.signal(number, _quiet_end)
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"bin/{Path(sys.argv[0]).name}: {failure}")


def _quiet_end(number, frame):
    raise SystemExit(128 + number)


def say(text: str) -> None:
    print(text, flush=True)


def environment() -> dict[str, str]:
    """The environment with the checkout's `.env` behind it: what is set in both keeps the
    environment's value."""
    file = ROOT / ".env"
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(pair for line in lines if (pair := _assignment(line))) | dict(os.environ)


def _assignment(line):
    name, equals, value = line.strip().removeprefix("export ").partition("=")
    if not equals or name.startswith("#"):
        return None
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return name.strip(), value


def settings(env: dict[str, str]):
    """The shop's `Settings`, read before anything is installed: the module is loaded by itself,
    without Flask."""
    module = load_alone(ROOT / "webapp" / "platform" / "settings.py")
    try:
        return module.Settings.from_env(env)
    except module.SettingsError as error:
        raise Failure(str(error)) from error


def load_alone(file: Path) -> ModuleType:
    """The module in that file, without the packages around it."""
    name = f"_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    # A dataclass looks its module up while it is being made.
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ensure_packages(requirements: str) -> Path:
    """Makes `.venv` hold what the named file pins, at once when it already does; answers its
    Python."""
    try:
        VENV.mkdir(exist_ok=True)
        with open(VENV / LOCK, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _runs("-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
                _make_venv()
            if not all(
                stamp.exists() and stamp.read_text() == digest
                for stamp, digest in _stamps(requirements)
            ):
                _install(requirements)
    except OSError as error:
        raise Failure(f"cannot write in {ROOT}: {error.strerror} ({error.filename})") from error
    return PYTHON


def _runs(*arguments):
    return (
        PYTHON.exists()
        and subprocess.run([PYTHON, *arguments], capture_output=True).returncode == 0
    )


def _make_venv():
    python = _best_python()
    say(f"Making {VENV}" + (f" of {python}" if python != sys.executable else ""))
    for entry in VENV.iterdir():
        if entry.name != LOCK:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    command = [python, "-m", "venv", "--without-pip", "--symlinks", VENV]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"{python} made no virtual environment: {_reason(done.stderr.splitlines())}")


def _best_python():
    """The one at hand; where that was built without optimization, as pyenv builds it unless told,
    the system's of the same version: both the shop and its tests take a tenth longer without."""
    how = sysconfig.get_config_var("CONFIG_ARGS") or ""
    if "--enable-optimizations" not in how and Path(SYSTEM).exists():
        asked = "import sys; print(sys.version_info[:2])"
        told = subprocess.run([SYSTEM, "-c", asked], capture_output=True, text=True).stdout
        if told.strip() == str(sys.version_info[:2]):
            return SYSTEM
    return sys.executable


def _stamps(requirements):
    """(stamp file, wanted content) of the file and of those it includes by `-r`."""
    text = (ROOT / requirements).read_text()
    yield VENV / f".{requirements}", hashlib.sha256(text.encode()).hexdigest()
    for line in text.splitlines():
        if line.startswith("-r "):
            yield from _stamps(line.removeprefix("-r ").strip())


def _install(requirements):
    say(f"Installing {requirements} (once, half a minute)")
    pip, configured = _pip()
    file = str(ROOT / requirements)
    # Whoever told pip where packages are to be had gets them from there.
    if PLACES.search(configured) or not _install_with_uv(pip, file):
        log = _run([*pip, "install", *QUIETLY, "-r", file])
        if log is not None:
            raise Failure(f"the packages were not installed: {_reason(log)}")
    _compile()
    for stamp, digest in _stamps(requirements):
        stamp.write_text(digest)


def _install_with_uv(pip, file):
    """Whether uv could, which takes a quarter of pip's time. What it could not is said: pip goes
    on, whose words tell the reason."""
    log = _run([*pip, "install", *QUIETLY, "--retries", "1", UV])
    if log is None:
        uv = str(PYTHON.with_name("uv"))
        log = _run([uv, "pip", "install", "--system-certs", "--python", str(PYTHON), "-r", file])
    if log is not None:
        say(f"  without uv ({_reason(log)[:100]}), which takes longer")
    return log is None


def _pip():
    """The command of the pip at hand, and how it is configured. The environment gets one of its
    own only where this Python has none, or none that can install elsewhere."""
    at_hand = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    for command in (at_hand, [str(PYTHON), "-m", "pip"]):
        asked = subprocess.run([*command, "config", "list"], capture_output=True, text=True)
        if asked.returncode == 0:
            return command, asked.stdout
    if _runs("-m", "ensurepip", "--default-pip"):
        return _pip()
    raise Failure(
        "this Python cannot make a virtual environment; on Debian and Ubuntu: apt install "
        "python3-venv"
    )


def _compile():
    """On every processor, which nobody who installs does. What cannot be compiled is left to
    whoever reads it."""
    command = (PYTHON, "-m", "compileall", "-q", "-j", "0", "-x", SELDOM_READ, VENV / "lib")
    subprocess.run(command, capture_output=True)


def _run(command):
    """Runs an installer, showing each package as it comes. None when it went well, else its output
    as lines."""
    options: dict[str, Any] = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "text": True,
        "errors": "replace",
    }
    environ = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}
    lines, wipe = [], "\r\033[K" if sys.stdout.isatty() else ""
    with subprocess.Popen(command, env=environ, **options) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                lines.append(line.strip())
                if line.startswith(SHOWN):
                    print(
                        f"{wipe}  {line.strip().partition(' (from')[0][:100]}",
                        end="" if wipe else "\n",
                        flush=True,
                    )
        finally:
            process.terminate()
    print(wipe, end="", flush=True)
    return lines if process.returncode else None


def _reason(log):
    """pip's last error; a missing compiler is said in plain words, because pip says it in forty
    lines."""
    if any(
        "gcc" in line and "No such file" in line or "command 'cc' failed" in line for line in log
    ):
        return (
            "one must be compiled and there is no C compiler; on Debian and Ubuntu: apt install "
            "gcc python3-dev"
        )
    errors = (
        [line for line in log if line.lower().startswith("error")] or log or ["pip said nothing"]
    )
    return errors[-1].removeprefix("ERROR: ")
