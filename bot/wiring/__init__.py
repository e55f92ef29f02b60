"""The composition root: the only part of the core that knows adapters and storage."""

from bot.wiring.building import Core, Heralds, LateTriage, SystemClock, build_core
from bot.wiring.opening import open_store, open_vault, opened_store

__all__ = ["Core", "Heralds", "LateTriage", "SystemClock", "build_core", "open_store", "open_vault", "opened_store"]
