"""Backtests: sales judged by two sets beside the if/else of the same rules, and 100,000 past sales
as a job of its own."""

import os
import resource
import secrets
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from _sessions import Guardian

from tests.bench.figures import tell
from tests.bench.rule_rate import if_else, random_sales, rate, specific_rules
from tests.services import redis_server
from tests.support.past_decisions import RULES, changed, keep_past, open_draft_of, random_past
from tests.support.rule_facts import TODAY, catalog
from webapp import create_app, migrations
from webapp.platform.database import db
from webapp.platform.settings import Settings
from webapp.platform.sliced import SliceStatus
from webapp.processing.backtest_step import BacktestStep
from webapp.rules.backtesting.backtests import ask_backtest, backtest_by_id, look_back
from webapp.rules.backtesting.comparison import Comparison
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.fields import facts_to_json

SALES = 100_000
COMMISSION_8 = [{"do": "commission", "percent": "8.00"}]


def measure() -> None:
    _evaluation()
    _as_a_job()


def _evaluation() -> None:
    """Each sale is judged by both sets: the shop's rules with another commission, which nearly
    every sale with an agent meets, and 1,000 mostly-specific rules of which ten differ, beside
    their if/else run twice."""
    past = random_past(3000)
    broad = [raw | {"then": COMMISSION_8} if raw["code"] == "commission" else raw for raw in RULES]
    tell(
        "backtest, the shop's rules, a broad change",
        f"{_rate(RULES, broad, past):,.0f} sales/s (at least 15,000)",
    )
    rules, sales = specific_rules(1000), random_sales(2000)
    redrafted = [
        raw | {"then": COMMISSION_8} if place % 100 == 0 else raw for place, raw in enumerate(rules)
    ]
    frozen = [
        {"sale": facts_to_json(sale), "lines": [facts_to_json(line) for line in lines]}
        for sale, lines in sales
    ]
    tell(
        "backtest, 1,000 rules, ten of them changed",
        f"{_rate(rules, redrafted, frozen):,.0f} sales/s",
    )
    match, facts = if_else(rules), [{**sale, **lines[0]} for sale, lines in sales]
    tell("the if/else of 1,000 rules, both sides", f"{rate(match, facts[:500]) / 2:,.0f} sales/s")


def _rate(old: list[dict], new: list[dict], sales: list[dict]) -> float:
    """Sales per second, the median of five runs, with compiled sets."""
    comparison = Comparison(RuleSet(1, old), RuleSet(2, new), catalog)
    seconds = []
    for _run in range(5):
        began = time.perf_counter()
        for number, facts in enumerate(sales):
            comparison.judge(number, facts, TODAY)
        seconds.append(time.perf_counter() - began)
    return len(sales) / median(seconds)


def _as_a_job() -> None:
    guardian = Guardian(dict(os.environ))
    with tempfile.TemporaryDirectory(prefix="balcao-bench-") as name:
        folder = Path(name)
        with redis_server(folder, guardian) as redis_url:
            _in_a_process(_seed, folder, redis_url)
            found = _in_a_process(_work, folder, redis_url)
    guardian.close()
    tell(
        f"backtest of {SALES:,} sales as a job",
        f"{found['seconds']:.1f} s in {found['slices']} slices (at most 60)",
    )
    tell("  the longest slice", f"{found['longest']:.1f} s (about 2)")
    tell(
        "  peak memory of its process",
        f"{found['mib']:.0f} MiB (under 300); {found['before']:.0f} before the first slice",
    )


def _in_a_process(work: Callable, folder: Path, redis_url: str) -> dict:
    """What `work` answers, done in a process of its own, whose memory is then its own too."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_with_app, work, folder, redis_url).result()


def _with_app(work: Callable, folder: Path, redis_url: str) -> dict:
    return work(
        create_app(
            Settings(
                data_dir=folder,
                database_url=f"sqlite:///{folder / 'bench.sqlite3'}",
                redis_url=redis_url,
                secret_key=secrets.token_hex(),
                cep_providers=("sample",),
            )
        )
    )


def _seed(app) -> dict:
    migrations.upgrade(app)
    with app.app_context():
        keep_past(SALES)
        open_draft_of(changed("commission", then=COMMISSION_8))
    return {}


def _work(app) -> dict:
    """Runs slices as a worker does until the test is done."""
    step, times = BacktestStep(), []
    with app.app_context():
        asked = ask_backtest(look_back(None), None, "bench")
        db.session.commit()
        number, before = asked.id, _peak_mib()
        while backtest_by_id(number).status is SliceStatus.PENDING:
            db.session.rollback()
            began = time.perf_counter()
            if step.run():
                times.append(time.perf_counter() - began)
        assert backtest_by_id(number).sales == SALES
    return {
        "seconds": sum(times),
        "slices": len(times),
        "longest": max(times),
        "mib": _peak_mib(),
        "before": before,
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
