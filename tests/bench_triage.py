"""The figures of triage, for ``make bench``: on batches that nothing was learned from or chosen on, and on ordinary
chat where it lies beside the project."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from bot.triage.assessment import ALONE
from bot.triage.measuring import TRAINING, TUNING, Message, Share, batches, measure, read_messages
from bot.triage.triage import Triage, load_triage
from e2e.program import ROOT

FINAL = tuple(number for number in range(1, 100) if number not in (*TRAINING, *TUNING))
EVERYDAY = ROOT.parent / "shared/data/everyday_chat.jsonl"
LONG = 10_000

_MEMORY = """
import json, resource, sys
from pathlib import Path
import numpy
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
before = resident()
from bot.triage.triage import load_triage
triage = load_triage()
for line in sys.stdin:
    triage.assess(json.loads(line))
print(resident() - before)
"""


def print_figures() -> None:
    """Print how well, how fast and with how much memory."""
    triage = load_triage()
    messages = read_messages(batches(FINAL))
    found = measure(messages, triage.assess)
    print(f"{len(messages)} messages of batches that nothing was learned from or chosen on")
    for line in found.lines():
        print(line)
    print("the twenty worst mistakes:")
    for mistake in found.mistakes:
        right, read = mistake.message.label.value, mistake.found.label.value
        print(f"  {mistake.message.id} {right} -> {read} ({mistake.found.score:.2f}): {mistake.message.text[:90]!r}")
    cheap = Triage(triage.model, None, triage.rules)
    without = measure(messages, cheap.assess)
    print(
        f"without the careful reader: alerts {without.alerted}, macro-F1 {without.macro_f1:.1%}, "
        f"harmless flagged {without.harmless_flagged}, alerted {without.harmless_alerted}"
    )
    ordinary = _ordinary(messages)
    _print_speed(triage, cheap, ordinary)


def _ordinary(messages: Sequence[Message]) -> list[str]:
    if not EVERYDAY.exists():
        print("no ordinary chat beside the project; speed is measured on the corpus")
        return [message.text for message in messages]
    texts = [row["text"] for row in map(json.loads, EVERYDAY.read_text("utf-8").splitlines())]
    found = [load_triage().assess(text) for text in texts]
    flagged = Share(sum(each.label.value != "none" for each in found), len(found))
    alerted = Share(sum(each.label.alerts for each in found), len(found))
    print(f"ordinary chat flagged: {flagged}")
    print(f"ordinary chat alerted: {alerted}")
    return texts


def _print_speed(triage: Triage, cheap: Triage, texts: Sequence[str]) -> None:
    sample = texts[:: max(len(texts) // 1000, 1)]
    long = (" ".join(texts) + " ")[:LONG]
    for name, reader in (("with both readers", triage), ("without the careful reader", cheap)):
        taken = sorted(_milliseconds(lambda text=text, reader=reader: reader.assess(text, ALONE)) for text in sample)
        longest = min(_milliseconds(lambda reader=reader: reader.assess(long, ALONE)) for _ in range(10))
        print(
            f"{name}: median {statistics.median(taken):.2f} ms, 95 in 100 within "
            f"{taken[int(len(taken) * 0.95)]:.2f} ms, {LONG:,} characters {longest:.1f} ms"
        )
    lines = "\n".join(json.dumps(text) for text in sample)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-c", _MEMORY],
        input=lines,
        text=True,
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    print(f"memory of triage beside bare Python with NumPy: {float(answer.stdout):.0f} MiB")


def _milliseconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return 1000 * (time.process_time() - start)


if __name__ == "__main__":
    print_figures()
