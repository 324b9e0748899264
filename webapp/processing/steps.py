"""Every step of background work, by the queue whose workers do it."""

import time

from webapp.processing.address_step import AddressStep
from webapp.processing.claims import Step
from webapp.processing.invoice_steps import BuildStep, SendStep, SignStep
from webapp.processing.mail_step import MailStep
from webapp.processing.rules_step import RulesStep

STEPS: tuple[Step, ...] = (AddressStep(), RulesStep(), BuildStep(), SignStep(), SendStep(), MailStep())


def work_off(queue: str, seconds: float = 5.0) -> bool:
    """Runs the queue's steps until none of them owes anything (False) or the time is over (True): a rush in one
    queue must not keep a worker from the others, nor a job from ending."""
    steps = [step for step in STEPS if step.queue == queue]
    end = time.monotonic() + seconds
    while sum(step.run() for step in steps):
        if time.monotonic() > end:
            return True
    return False
