"""Many members who are all due at once, in a database that the program has not seen yet."""

import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

import builders
from bot.care.course import Course
from bot.care.labs import Check
from bot.care.months import months_after
from bot.care.rounds import Round
from bot.chat.people import Person
from bot.members.member import CONSENT_VERSION, Member, Settings, Topic
from bot.reminders.planning import replan
from bot.reminders.reminder import MOST_REPEATS, Status
from bot.reminders.sweep import IN_FLIGHT
from e2e.program import ROOT, Program, Soon
from fakes.discord_server import FakeDiscord
from fakes.telegram import FakeTelegram
from storage.store import Store
from storage.tables import reminders

REPEATS = "This is a repeat"
"""How the message begins that may be there twice."""

SETTINGS = {"DATA_KEY": builders.KEY.hex(), "LOG_LEVEL": "WARNING", "DISCORD_PERSONAL": "full"}
"""What a program needs to work on such a database, beside its address and the platforms."""

_HOLDER = 8
"""With so many characters, those of its process, a claim begins."""

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_AT_ONCE = 250
"""Members in one transaction."""

_TURNS = (Topic.LAB, Topic.LAB, Topic.EVENING, Topic.LAB, Topic.ROUND, Topic.LEAD, Topic.MILESTONE, Topic.RESULT)
_CHECK_IN_DAYS = {Topic.LAB: 0, Topic.LEAD: 3, Topic.RESULT: -7}


def platforms(telegram: FakeTelegram, discord: FakeDiscord) -> dict[str, str]:
    """The settings of both platforms."""
    return {
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot"),
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_BASE": discord.base_url,
    }


@dataclass(frozen=True)
class Row:
    """A reminder as it stands in the database; ``token`` begins with the process that claimed it."""

    id: str
    member_id: str
    status: Status
    repeated: bool
    repeat: bool
    token: str | None
    lease_until: datetime | None

    def is_of(self, holder: str) -> bool:
        """Whether a process of this id claimed it."""
        return bool(holder) and (self.token or "").startswith(holder)


@dataclass
class Crowd:
    """Members with something due, by id, and where each of them reads. ``due`` are the ids of what is due."""

    store: Store
    telegram: FakeTelegram
    discord: FakeDiscord
    people: dict[str, Person] = field(default_factory=dict)
    due: frozenset[str] = frozenset()

    def texts(self) -> Mapping[str, Sequence[str]]:
        """What each member has got, oldest first."""
        channels = {
            channel.recipient.id: channel for channel in self.discord.world.channels.values() if channel.recipient
        }
        found: dict[str, Sequence[str]] = {}
        for member_id, person in self.people.items():
            if person.platform == "telegram":
                chat = self.telegram.world.chats[int(person.id)]
                found[member_id] = [message.text for message in chat.messages if message.is_from_bot]
            else:
                channel = channels.get(int(person.id))
                found[member_id] = (
                    [message.content for message in channel.messages if message.author.bot] if channel else []
                )
        return found

    async def rows(self, *statuses: Status) -> Sequence[Row]:
        """What is, or was, due; only those of a status where any is given."""
        query = select(reminders).order_by(reminders.c.id)
        if statuses:
            query = query.where(reminders.c.status.in_([each.value for each in statuses]))
        async with self.store.look() as work:
            found = (await work.connection.execute(query)).all()
        return [
            Row(row.id, row.member_id, Status(row.status), row.repeated, row.repeat, row.claim_token, row.lease_until)
            for row in found
            if row.id in self.due
        ]

    async def unfinished(self) -> int:
        """How many are still to be sent."""
        return len(await self.rows(Status.PENDING, Status.CLAIMED, Status.SENDING))

    async def holder_of(self, program: Program) -> str:
        """The id with which a process's claims begin; empty while it has not joined the others."""
        async with self.store.look() as work:
            held = [lease.holder for lease in await work.leases.all() if lease.pid == program.pid]
        return held[0] if held else ""

    async def is_finished(self) -> bool:
        """Whether nothing is."""
        return await self.unfinished() == 0


async def gather_crowd(
    store: Store, telegram: FakeTelegram, discord: FakeDiscord, count: int, *, on_telegram: float = 0.36
) -> Crowd:
    """Let ``count`` members be due, of every kind, a part of them on Telegram; two reminders for some of them."""
    await store.check_key()
    crowd = Crowd(store, telegram, discord)
    guild = discord.guild("Peers", "talk")
    due = datetime.now(UTC).replace(second=0, microsecond=0)
    soon = Soon.make(due)
    plan = _Plan(soon.zone, date.fromisoformat(soon.today), due)
    for begin in range(0, count, _AT_ONCE):
        async with store.work() as work:
            for number in range(begin, min(begin + _AT_ONCE, count)):
                member = plan.member(number)
                if int((number + 1) * on_telegram) > int(number * on_telegram):
                    person = Person(
                        "telegram", str(telegram.user(100_000 + number, "Ann", started=True).id), "Ann", "en-GB"
                    )
                else:
                    user = discord.user("ann")
                    guild.add(user)
                    person = Person("discord", str(user.id), "Ann", "en-GB")
                await work.members.add(member, person, CONSENT_VERSION)
                await work.courses.save(member.id, plan.course(number))
                # As of a minute before, so that it is planned and then falls due.
                await replan(work, member, due - _MINUTE)
                crowd.people[member.id] = person
            await work.commit()
    async with store.look() as work:
        found = await work.connection.execute(select(reminders.c.id).where(reminders.c.next_attempt_at <= due))
        crowd.due = frozenset(found.scalars())
    return crowd


@dataclass(frozen=True)
class _Plan:
    """Members to whom something happens at one and the same moment, each kind of it in turn."""

    zone: str
    today: date
    due: datetime

    def member(self, number: int) -> Member:
        """Somebody who is reminded of one thing alone, or of the two that come before a round."""
        topic = _topic(number)
        at = self.due.astimezone(ZoneInfo(self.zone)).time()
        settings = Settings(
            country="GB", zone=self.zone, hour=at, hour_chosen=True, hours={Topic.EVENING: at}, set_up=True,
            topics=frozenset({topic, Topic.ROUND} if topic is Topic.EVENING else {topic}),
            anchor_day=(self.today + _CHECK_IN_DAYS.get(topic, 0) * _DAY).day,
        )  # fmt: skip
        return Member(secrets.token_hex(16), settings, self.today, self.due - _DAY, locale="en-GB")

    def course(self, number: int) -> Course:
        """Their treatment, long ago where it is about checks, so that there are few dates to come."""
        topic = _topic(number)
        long_ago = Round(1, months_after(self.today, -47), 1)
        match topic:
            case Topic.EVENING | Topic.ROUND:
                ahead = 1 if topic is Topic.EVENING else 7
                return Course((long_ago, Round(2, self.today + ahead * _DAY, 3)))
            case Topic.MILESTONE:
                # From the last day of a month on, not every number of months leads back to it.
                ago = (months_after(self.today, -months) for months in (12, 9, 6, 3))
                return Course((Round(1, next(day for day in ago if day.day == self.today.day), 1),))
            case Topic.RESULT:
                return Course((long_ago,), (Check(self.today + _CHECK_IN_DAYS[topic] * _DAY),))
            case Topic.LAB | Topic.LEAD:
                return Course((long_ago,))


def _topic(number: int) -> Topic:
    return _TURNS[number % len(_TURNS)]


@dataclass
class Ledger:
    """What a crowd got, against what was under way whenever a process was killed."""

    crowd: Crowd
    kills: list[Sequence[Row]] = field(default_factory=list)

    async def kill(self, *programs: Program, others_run: bool) -> None:
        """Kill processes in the midst of their work, and note what they were sending.

        Where others go on, and would take that back at once, those to be killed stand still while it is noted.
        """
        if not others_run:
            for program in programs:
                await program.kill()
            self.kills.append(await self.crowd.rows(Status.SENDING))
            return
        for program in programs:
            program.stand_still()
        holders = {await self.crowd.holder_of(program) for program in programs}
        sending = await self.crowd.rows(Status.SENDING)
        for program in programs:
            await program.kill()
        self.kills.append([row for row in sending if any(row.is_of(holder) for holder in holders)])

    async def settles(self) -> "Figures":
        """Hold what everybody got against the contract, once all is sent."""
        texts, rows = self.crowd.texts(), await self.crowd.rows()
        in_flight = Counter(row.id for kill in self.kills for row in kill)
        assert {row.id for row in rows} == self.crowd.due, "a reminder has vanished"
        for row in rows:
            assert row.status in (Status.SENT, Status.IN_DOUBT), row
            may_doubt = in_flight[row.id] > (MOST_REPEATS if row.repeated else 0)
            assert row.status is Status.SENT or may_doubt, f"in doubt, but not killed in flight: {row}"
            assert row.status is Status.IN_DOUBT or texts[row.member_id], f"lost: {row}"
        for member_id, got in texts.items():
            killed = sum(any(row.member_id == member_id for row in kill) for kill in self.kills)
            repeats = [text for text in got if REPEATS in text]
            others = [text for text in got if REPEATS not in text]
            assert len(set(others)) == len(others), f"twice, and does not say so: {got}"
            assert len(repeats) <= killed, f"repeated {len(repeats)} times after {killed} kills: {got}"
        for kill in self.kills:
            self._hold_to_bound(kill)
        counted = Counter(row.status for row in rows)
        return Figures(
            reminders=len(rows),
            members=len(texts),
            messages=sum(map(len, texts.values())),
            kills=len(self.kills),
            kills_in_flight=sum(bool(kill) for kill in self.kills),
            in_flight=sum(in_flight.values()),
            most_in_flight=max((len(kill) for kill in self.kills), default=0),
            twice=sum(max(len(got) - 1, 0) for got in texts.values()),
            repeats=sum(REPEATS in text for got in texts.values() for text in got),
            in_doubt=counted[Status.IN_DOUBT],
            doubted_but_arrived=sum(bool(texts[row.member_id]) for row in rows if row.status is Status.IN_DOUBT),
        )

    def _hold_to_bound(self, kill: Sequence[Row]) -> None:
        """No process has more calls to a platform under way than it may have."""
        calls = {
            ((row.token or "")[:_HOLDER], self.crowd.people[row.member_id].platform, row.member_id) for row in kill
        }
        for (holder, platform), count in Counter(call[:2] for call in calls).items():
            assert count <= IN_FLIGHT, f"process {holder} had {count} calls to {platform} under way"


@dataclass
class Figures:
    """What a run came to.

    ``in_flight`` are rows that were being sent when a process was killed; ``twice`` are messages beyond the first that
    a member saw, ``repeats`` those that say that they may be; ``doubted_but_arrived`` are rows in doubt whose message
    was there.
    """

    reminders: int
    members: int
    messages: int
    kills: int
    kills_in_flight: int
    in_flight: int
    most_in_flight: int
    twice: int
    repeats: int
    in_doubt: int
    doubted_but_arrived: int
    seconds: float = 0.0
    seed: int = 0

    def record(self, name: str) -> None:
        """Write the figures where ``make soak`` leaves them, since what a test prints is not shown."""
        folder = ROOT / "build" / "soak"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(asdict(self), indent=1) + "\n")
