"""What the processes over one database leave each other."""

import pytest

from bot.crew import Role
from bot.wiring.running import share_of


@pytest.mark.parametrize("workers", range(1, 9))
@pytest.mark.parametrize("receiver", [Role.ALL, Role.ADAPTER])
def test_all_processes_together_take_the_whole_and_no_more(receiver: Role, workers: int) -> None:
    sending = workers + (receiver is Role.ALL)
    taken = share_of(receiver, sending) + workers * share_of(Role.WORKER, sending)
    assert taken == pytest.approx(1)


def test_one_process_alone_takes_the_whole() -> None:
    assert share_of(Role.ALL, 1) == 1


def test_an_adapter_without_a_worker_keeps_to_what_is_left_for_answers() -> None:
    assert 0 < share_of(Role.ADAPTER, 0) == share_of(Role.ADAPTER, 5) < share_of(Role.WORKER, 1)
