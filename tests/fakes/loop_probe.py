"""Finds what holds an event loop: which callback, for how long, and where in the code it stood.

What counts is the processor time that the loop's own thread used within one callback, the time in which it slept there
in a call to the system, and that of the garbage collector, which stops every thread. None of it grows when the machine
is busy with something else, as the clock on the wall does: a thread that waits for a processor, or for another thread
to let go of the interpreter, is not counted.
"""

import asyncio
import gc
import platform
import sys
import threading
import time
from asyncio.events import Handle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

LIMIT_SECONDS = 0.05
"""How long a callback may hold the loop."""

COLLECTING = "the garbage collector"
"""Where a callback stood, or what held the loop from another thread."""

_ROOT = Path(__file__).parents[2]
_OURS = tuple(f"{_ROOT / folder}/" for folder in ("bot", "adapters", "storage"))
_TESTS = f"{_ROOT / 'tests'}/"
_LOOK_EVERY_SECONDS = 0.004
_MOST_SHOWN = 3

# Linux's numbers of the calls that wait for something outside: time, a peer, a child, a lock on a file. Other machines
# number them otherwise; there only processor time counts.
_WAITS = {"x86_64": frozenset({7, 23, 35, 42, 45, 47, 61, 73, 230, 232, 247, 270, 271, 281})}
_WAITING = _WAITS.get(platform.machine(), frozenset[int]())


@dataclass(frozen=True, slots=True)
class Held:
    """A callback that held the loop; ``places`` are where its thread stood, the most frequent first.

    ``is_of_tests``: nothing but a fake server ran in it.
    """

    seconds: float
    callback: str
    places: Sequence[str] = ()
    is_of_tests: bool = False

    def __str__(self) -> str:
        """Tell it in one line."""
        places = ", ".join(self.places) or "no place that was seen"
        return f"{self.seconds * 1000:.0f} ms in {self.callback}, at {places}"


@dataclass(slots=True, eq=False)
class _Running:
    """The callback that runs: where its thread's clock stood, how long it slept or collected, and where it was seen."""

    handle: Handle
    began: float
    slept: float = 0.0
    collected: float = 0.0
    stacks: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])


@dataclass(slots=True)
class LoopProbe:
    """Watches the loop of the thread that it is made in.

    ``held`` are the callbacks over ``limit_seconds``, also those of fake servers and those named ``apart``, which may
    take their time; ``longest`` is the longest of all others.
    """

    limit_seconds: float = LIMIT_SECONDS
    apart: str = ""
    held: list[Held] = field(default_factory=list[Held])
    longest: Held = field(default_factory=lambda: Held(0.0, "nothing"))
    _now: _Running | None = None
    _collects_since: float = 0.0
    _thread: int = field(default_factory=threading.get_ident)
    _native: int = field(default_factory=threading.get_native_id)
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def faults(self) -> Sequence[Held]:
        """What held the loop for too long and may not."""
        return [each for each in self.held if self._counts(each)]

    @contextmanager
    def watching(self) -> Iterator["LoopProbe"]:
        """Watch until the end of the block."""
        original = Handle._run  # noqa: SLF001 - the one place through which every callback goes

        def run(handle: Handle) -> None:
            if threading.get_ident() != self._thread:
                return original(handle)
            now = self._now = _Running(handle, time.thread_time())
            try:
                return original(handle)
            finally:
                self._now = None
                self._note(now, time.thread_time() - now.began - now.collected + now.slept)

        looking = threading.Thread(target=self._look, daemon=True)
        Handle._run = run  # type: ignore[method-assign] # noqa: SLF001 - as above
        gc.callbacks.append(self._collects)
        looking.start()
        try:
            yield self
        finally:
            Handle._run = original  # type: ignore[method-assign] # noqa: SLF001 - as above
            gc.callbacks.remove(self._collects)
            self._ended.set()
            looking.join()

    def _note(self, now: _Running, seconds: float) -> None:
        if seconds <= min(self.limit_seconds, self.longest.seconds):
            return
        callback, is_ours = _described(now.handle)
        seen = [place for place, _ in now.stacks]
        of_tests = not any(ours for _, ours in now.stacks) if now.stacks else not is_ours
        places = sorted(dict.fromkeys(seen), key=lambda place: -seen.count(place))
        shown = [f"{place} ({seen.count(place)})" for place in places[:_MOST_SHOWN]]
        self._keep(Held(seconds, callback, shown, of_tests))

    def _keep(self, held: Held) -> None:
        if held.seconds > self.limit_seconds:
            self.held.append(held)
        if held.seconds > self.longest.seconds and self._counts(held):
            self.longest = held

    def _counts(self, held: Held) -> bool:
        return not held.is_of_tests and held.callback != self.apart

    def _collects(self, phase: str, _info: Mapping[str, int]) -> None:
        """Called by the garbage collector, in whichever thread it runs, as it begins and ends."""
        if phase == "start":
            self._collects_since = time.thread_time()
            return
        took, now = time.thread_time() - self._collects_since, self._now
        if now and threading.get_ident() == self._thread:
            now.collected += took
            self._keep(Held(took, _described(now.handle)[0], [COLLECTING]))
        else:
            self._keep(Held(took, COLLECTING, [threading.current_thread().name]))

    def _look(self) -> None:
        """Look at the loop's thread again and again: where it stands, and whether it sleeps."""
        clock = time.pthread_getcpuclockid(self._thread)
        asleep: tuple[_Running, str, float] | None = None
        while not self._ended.wait(_LOOK_EVERY_SECONDS):
            now, at = self._now, time.monotonic()
            call = _waits_in(self._native) if now else ""
            if now and asleep and asleep[:2] == (now, call):
                now.slept += at - asleep[2]
            asleep = (now, call, at) if now and call else None
            if now and time.clock_gettime(clock) - now.began + now.slept > self.limit_seconds / 5:
                frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - made for debuggers, which this is
                if self._now is now:
                    now.stacks.append(_place(frame))


def _waits_in(native: int) -> str:
    """The call in which a thread waits for something outside, with its arguments; empty where it does not."""
    try:
        call = Path(f"/proc/self/task/{native}/syscall").read_text().strip()
    except OSError:
        return ""
    number = call.split(" ", 1)[0]
    return call if number.isdecimal() and int(number) in _WAITING else ""


def _place(frame: FrameType | None) -> tuple[str, bool]:
    """The innermost place of ours in a stack, else the innermost of all; whether anything but tests ran there."""
    innermost, ours, tests = frame, None, False
    while frame is not None:
        file = frame.f_code.co_filename
        tests = tests or file.startswith(_TESTS)
        if ours is None and file.startswith(_OURS):
            ours = frame
        frame = frame.f_back
    found = ours or innermost
    if found is None:
        return "nowhere", True
    file = found.f_code.co_filename.removeprefix(f"{_ROOT}/")
    inner = f" > {innermost.f_code.co_qualname}" if innermost and innermost is not found else ""
    return f"{file}:{found.f_lineno} {found.f_code.co_qualname}{inner}", ours is not None or not tests


def _described(handle: Handle) -> tuple[str, bool]:
    """What a handle calls, and whether that is anything but a test's: a task by its coroutine."""
    called: object = handle._callback  # type: ignore[attr-defined] # noqa: SLF001 - asyncio's debug mode reads it, too
    owner = getattr(called, "__self__", None)
    if isinstance(owner, asyncio.Task):
        called = owner.get_coro()
    code = getattr(called, "cr_code", None) or getattr(called, "__code__", None)
    name = str(getattr(called, "__qualname__", None) or repr(called))
    return name, not (code and code.co_filename.startswith(_TESTS))
