"""What a platform can do, as data; no feature asks which platform it is on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter's platform can do.

    ``most_characters`` a message, ``most_buttons`` a row and ``most_rows`` a message, ``data_bytes`` a button carries.
    ``hidden_in_group``: an answer in a group can be shown to one person alone. ``forms``: several fields at once.
    ``discreet``: nothing that is sent may hold a health word. ``personal``: personal commands are offered at all.
    ``discreet_unasked``: what the bot sends of its own accord is worded discreetly unless the member chose otherwise.
    ``hears_groups``: what people say to each other in a group reaches the bot; None where it does only in groups in
    which the bot is an administrator.
    """

    platform: str
    most_characters: int
    most_buttons: int
    most_rows: int
    data_bytes: int
    hidden_in_group: bool
    forms: bool
    discreet: bool = False
    discreet_unasked: bool = False
    personal: bool = True
    hears_groups: bool | None = True
