"""bin/dev: the shop of bin/run for whoever changes it.

Its processes are copies of this one, which has read the packages of others; when a module of the
shop changes, they are started again and read the shop's own. The web process shows errors in the
browser and reads a template at each request.
"""

import sys
from collections.abc import Sequence

from _setup import ROOT, command, say
from _shop import ForkingSupervisor
from _supervisor import GRACE, run

SOURCES = ("webapp", "jobs")
PACKAGES = (
    "argon2",
    "cryptography.hazmat.primitives.serialization.pkcs12",
    "email_validator",
    "flask_babel",
    "flask_compress",
    "flask_migrate",
    "flask_sqlalchemy",
    "flask_wtf",
    "htmx_flask",
    "httpx",
    "limits.storage",
    "lxml.etree",
    "nfelib.nfe.client.v4_0.servers",
    "prometheus_client",
    "psycopg",
    "pydantic.json_schema",
    "pydantic.networks",
    "rq",
    "sqlalchemy.dialects.postgresql",
    "structlog",
    "werkzeug.debug",
    "werkzeug.serving",
)


class DevelopmentSupervisor(ForkingSupervisor):
    """One web process, one worker and the sweeper."""

    name = "bin/dev"
    reads = PACKAGES

    def run(self) -> int:
        self.changes = modification_times()
        return super().run()

    def web(self) -> Sequence[str]:
        return "_debugged", self.settings.host, str(self.settings.port)

    def workers(self) -> int:
        return 1

    def ready(self, sign_in: str) -> None:
        super().ready(sign_in)
        say(f"Every component is at {self.address}/styleguide")

    def tend(self, pause: float = 0.5) -> None:
        super().tend(pause)
        with self.outliving("the modules cannot be looked through"):
            self.start_what_changed()

    def start_what_changed(self) -> None:
        found = modification_times()
        changed = sorted(name for name, _time in found.items() ^ self.changes.items())
        self.changes = found
        if changed and not self.stopping:
            self.say(f"{changed[0]} changed; the shop's processes start again")
            self.restart("web", "worker", "sweeper")

    def restart(self, *names: str) -> None:
        ended = [child for child in self.children if child.name in names]
        self.guardian.end([child.process for child in ended if child.process], GRACE)
        for child in ended:
            child.process, child.started, child.deaths = None, 0, 0


def modification_times() -> dict[str, float]:
    """When each module of the shop was written last, by its path."""
    files = (file for folder in SOURCES for file in (ROOT / folder).rglob("*.py"))
    return {str(file.relative_to(ROOT)): file.stat().st_mtime for file in files}


if __name__ == "__main__":
    sys.argv[0] = "bin/dev"
    command(lambda: run(DevelopmentSupervisor))
