"""Until when an authorised note can be cancelled, by the issuer's state."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Hours from authorisation: Ajuste SINIEF 7/2005, clause 12, with Ato COTEPE 35/2010.
NATIONAL_HOURS = 24
# Those of states that go by others: Portaria SEFAZ-MT 163/2007.
HOURS = {"MT": 2}
# Hours up to which a state takes a late cancellation (cStat 155): Portaria CAT-SP 162/2008.
LATE_HOURS = {"SP": 480}


@dataclass(frozen=True, slots=True)
class CancellationWindow:
    """Within `ends` it is taken as a matter of course; between that and `late_ends`, where there is
    one, as a late one."""

    ends: datetime
    late_ends: datetime | None

    def is_open(self, now: datetime) -> bool:
        return now < self.ends

    def is_late(self, now: datetime) -> bool:
        return not self.is_open(now) and self.late_ends is not None and now < self.late_ends

    def is_over(self, now: datetime) -> bool:
        return not self.is_open(now) and not self.is_late(now)


def usual_hours(state: str) -> tuple[int, int]:
    """In time, and late; 0 where the state takes no late one."""
    return HOURS.get(state, NATIONAL_HOURS), LATE_HOURS.get(state, 0)


def window_of(authorized_at: datetime, hours: int, late_hours: int) -> CancellationWindow:
    late = authorized_at + timedelta(hours=late_hours) if late_hours > hours else None
    return CancellationWindow(authorized_at + timedelta(hours=hours), late)
