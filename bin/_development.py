"""bin/dev: the shop of bin/run for whoever changes it. Standard library only.

The web process shows errors in the browser and begins anew by itself when a module changes, and
reads a template at each request; the worker and the sweeper are started again from here.
"""

from collections.abc import Sequence

from _setup import ROOT, say
from _supervisor import GRACE, Supervisor

SOURCES = ("webapp", "jobs")


class DevelopmentSupervisor(Supervisor):
    """One web process, one worker and the sweeper."""

    name = "bin/dev"

    def run(self) -> int:
        self.changes = modification_times()
        return super().run()

    def web(self) -> Sequence[str]:
        where = ("--host", self.settings.host, "--port", str(self.settings.port))
        return "flask", "--app", "wsgi", "run", "--debug", *where

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
            self.say(f"{changed[0]} changed; the worker and the sweeper start again")
            self.restart("worker", "sweeper")

    def restart(self, *names: str) -> None:
        for child in self.children:
            if child.name in names and child.process:
                self.guardian.end([child.process], GRACE)
                child.process, child.started, child.deaths = None, 0, 0


def modification_times() -> dict[str, float]:
    """When each module of the shop was written last, by its path."""
    files = (file for folder in SOURCES for file in (ROOT / folder).rglob("*.py"))
    return {str(file.relative_to(ROOT)): file.stat().st_mtime for file in files}
