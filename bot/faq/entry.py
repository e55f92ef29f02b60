"""A curated answer: what it says, where that comes from, and until when it may be shown."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

EXPIRES_AFTER = timedelta(days=90)
"""How long after its review date an answer may still be shown, with a note; then it is withheld."""

WARN_BEFORE = (timedelta(days=60), timedelta(days=30))
"""How long before the review date moderators hear of it."""

NOBODY = "nobody"
"""What ``reviewed_by`` says as long as no clinician has reviewed an answer."""

UNDATED = "undated"


class Category(Enum):
    """The shelves on which entries stand, in the order in which they are shown."""

    LOGISTICS = "logistics"
    ELIGIBILITY = "eligibility"
    PREPARATION = "preparation"
    INFUSION_DAYS = "infusion days"
    AFTER_INFUSION = "after-infusion"
    LABS = "labs"
    SIDE_EFFECTS = "side effects"
    ROUND_2 = "round 2"
    EMOTIONAL = "emotional"
    PEER_EXPERIENCE = "peer experience"

    @property
    def word(self) -> str:
        """Its name within a word key: ``faq.category.<word>``."""
        return self.name.lower()


class Standing(Enum):
    """Where an answer stands on its way from one review to the next."""

    CURRENT = "current"
    DUE = "due"  # past its review date: shown with a note
    EXPIRED = "expired"  # 90 days past: withheld


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from. ``date`` is a day, a month or a year in ISO form, or ``undated``."""

    title: str
    date: str


@dataclass(frozen=True, slots=True)
class Phrasing:
    """One way in which people ask. ``writer`` names the batch it came in, ``language`` is a code such as "de"."""

    text: str
    language: str = "en"
    writer: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One curated answer.

    ``answer`` is paragraphs of plain text, parted by empty lines. Where not ``answerable`` it only points to the
    physician. ``danger`` asks for the fixed red-flag line under it, ``crisis`` for the crisis lines.
    ``reviewed_by`` is the clinician who reviewed it, or ``nobody``; ``reviewed_on`` is the day on which the text was
    last held against its sources.
    """

    id: str
    category: Category
    question: str
    answerable: bool
    sources: tuple[Source, ...]
    reviewed_by: str
    reviewed_on: date
    review_due: date
    answer: str
    danger: bool = False
    crisis: bool = False
    phrasings: tuple[Phrasing, ...] = ()

    @property
    def code(self) -> str:
        """What buttons carry for it: eight characters that tell nobody what the entry is about."""
        return code_of(self.id)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The answer, paragraph by paragraph, each on one line."""
        return tuple(" ".join(part.split()) for part in self.answer.split("\n\n") if part.strip())

    def standing(self, today: date) -> Standing:
        """Where it stands on a day."""
        if today - self.review_due > EXPIRES_AFTER:
            return Standing.EXPIRED
        return Standing.DUE if today > self.review_due else Standing.CURRENT


def code_of(entry_id: str) -> str:
    """What buttons carry for an entry."""
    return hashlib.blake2s(entry_id.encode(), digest_size=4).hexdigest()
