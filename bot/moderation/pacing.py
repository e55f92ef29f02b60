"""How many cards a desk gets, so that it is never flooded."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.triage.assessment import Label

ORDINARY_A_MINUTE, ALERTS_A_MINUTE = 6, 20
"""Cards that a desk gets within a minute: of ordinary labels, and of those that tell of danger. Calls do not count."""

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Pace:
    """The cards that a desk got lately, and since when it fails."""

    ordinary: deque[datetime] = field(default_factory=deque[datetime])
    alerts: deque[datetime] = field(default_factory=deque[datetime])
    more_changed_at: datetime | None = None
    failing_since: datetime | None = None

    def take(self, label: Label, now: datetime) -> bool:
        """Count one more card; False where the desk has had enough for now."""
        lately, most = (self.alerts, ALERTS_A_MINUTE) if label.alerts else (self.ordinary, ORDINARY_A_MINUTE)
        while lately and now - lately[0] >= _MINUTE:
            lately.popleft()
        if len(lately) >= most:
            return False
        lately.append(now)
        return True
