"""Ending a command in order where a signal asks for it: at the next place at which nothing is under way."""

import asyncio
import signal


def told_to_stop() -> asyncio.Event:
    """What is set when a signal asks the running program to end; the signal does nothing else from now on."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped
