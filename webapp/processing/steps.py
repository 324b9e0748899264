"""Every step of background work, by the queue whose workers do it."""

import time

from webapp.processing.address_step import AddressStep
from webapp.processing.backtest_step import BacktestStep
from webapp.processing.claims import Step
from webapp.processing.effect_step import EffectStep
from webapp.processing.invoice_steps import BuildStep, SendStep, SignStep
from webapp.processing.mail_step import MailStep
from webapp.processing.rules_step import RulesStep

STEPS: tuple[Step, ...] = (
    AddressStep(),
    RulesStep(),
    EffectStep(),
    BuildStep(),
    SignStep(),
    SendStep(),
    MailStep(),
    BacktestStep(),
)


def work_off(queue: str, seconds: float = 5.0) -> bool:
    """Does the queue's steps once each, full batches at a time; True when the time was over before
    the rows were.

    What is committed meanwhile has rung for itself. It waits for the next job instead of being
    picked up row by row: the batch is what makes a rush cheap.
    """
    end = time.monotonic() + seconds
    for step in STEPS:
        if step.queue == queue:
            while step.run() == step.batch:
                if time.monotonic() > end:
                    return True
    return False
