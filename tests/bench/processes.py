"""What the processes of a shop have used of the machine, by name: web, workers, sweeper, Redis."""

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.services import Shop


def processor_seconds(shop: Shop) -> Counter[str]:
    """So far; of all that have one name, with their children."""
    tick = os.sysconf("SC_CLK_TCK")
    used: Counter[str] = Counter()
    for name, pid in _processes(shop):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used[name] += (int(fields[11]) + int(fields[12])) / tick
    return used


def memory(shop: Shop) -> dict[str, float]:
    """MiB, of all that have one name together; what several share counts in parts."""
    held: defaultdict[str, float] = defaultdict(float)
    for name, pid in _processes(shop):
        (kib,) = re.findall(r"^Pss: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
        held[name] += int(kib) / 1024
    return held


def _processes(shop: Shop) -> Iterator[tuple[str, int]]:
    for each in json.loads((shop.data_dir / "processes.json").read_text())["processes"]:
        children = Path(f"/proc/{each['pid']}/task/{each['pid']}/children").read_text().split()
        for pid in (each["pid"], *map(int, children)):
            yield each["name"], pid
