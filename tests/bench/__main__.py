"""`bin/bench`: real numbers of this machine, one line each. Compare figures of one run only;
machines differ."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))

from _sessions import Guardian

from tests.bench import backtest, document, pages, pipeline, rules, scale
from tests.services import Shop

PARTS = ("document", "rules", "backtest", "pipeline", "pages")


def main(names: list[str]) -> None:
    if names[:1] == ["scale"]:
        scale.measure(names[1:])
        return
    wanted = names or PARTS
    if "document" in wanted:
        document.measure()
    if "rules" in wanted:
        rules.measure()
    if "backtest" in wanted:
        backtest.measure()
    if {"pipeline", "pages"} & set(wanted):
        guardian = Guardian(dict(os.environ))
        with tempfile.TemporaryDirectory(prefix="balcao-bench-") as folder:
            shop = Shop(Path(folder) / "shop", guardian, CEP_PROVIDERS="sample").start()
            try:
                if "pipeline" in wanted:
                    pipeline.measure(shop)
                if "pages" in wanted:
                    pages.measure(shop)
            finally:
                shop.stop()
                guardian.close()


if __name__ == "__main__":
    main(sys.argv[1:])
