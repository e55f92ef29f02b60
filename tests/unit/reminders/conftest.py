import pytest

import builders
from bot.reminders.sweep import Sweep
from builders import SettableClock
from storage.store import Store
from unit.reminders.rig import RecordingMessenger, Rig


@pytest.fixture
def rig(store: Store) -> Rig:
    clock = SettableClock()
    messenger = RecordingMessenger(clock)
    return Rig(store, clock, messenger, Sweep(store.work, {builders.PLATFORM: messenger}, clock, record_pauses=(0, 0)))
