import pytest

from storage.store import Store
from unit.journey.talk import FORMS, GUIDED, Talk, Voice


@pytest.fixture
def talk(store: Store) -> Talk:
    return Talk(store, GUIDED)


@pytest.fixture
def discord(store: Store) -> Talk:
    return Talk(store, FORMS)


@pytest.fixture(params=[GUIDED, FORMS], ids=["guided", "forms"])
def either(store: Store, request: pytest.FixtureRequest) -> Talk:
    return Talk(store, request.param)


@pytest.fixture
async def anna(talk: Talk) -> Voice:
    """A member without any round yet, in London, on Tuesday 10 March 2026."""
    return await talk.person().joined()
