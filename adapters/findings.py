"""What a look at a platform's account found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an operator should know: in plain words what it is and, unless it is ``ok``, what to do."""

    ok: bool
    text: str
