"""The messages for triage are what they are said to be."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "bot" / "triage" / "corpus"
BATCHES = sorted(FOLDER.glob("batch-*.jsonl"))
ROWS = [json.loads(line) for path in BATCHES for line in path.read_text("utf-8").splitlines()]
LABELS = {"crisis", "urgent", "medical_question", "medical_advice", "promotion", "distress", "none"}
TRAPS = {
    *("denied", "past", "other", "quoted", "joked", "idiom", "feared", "advised", "resolved", "helped", "hidden"),
    *("general", "experience", "veiled", "plea", "rumour", "slang", "terse"),
}
ADDRESS = re.compile(r"https?://\S+|www\.\S+")
PHONE = re.compile(r"\+?\d[\d -]{7,}\d\b")


def test_every_message_has_its_five_fields_and_a_known_label_and_trap() -> None:
    assert {tuple(row) for row in ROWS} == {("id", "text", "label", "lang", "trap")}
    assert {row["label"] for row in ROWS} == LABELS
    assert {row["trap"] for row in ROWS} - {""} <= TRAPS
    assert all(row["text"].strip() == row["text"] != "" for row in ROWS)


def test_there_are_enough_messages_of_each_kind() -> None:
    labels = Counter(row["label"] for row in ROWS)
    assert len(ROWS) >= 5000
    assert len(BATCHES) >= 12
    assert min(labels["crisis"], labels["urgent"]) >= 700
    assert sum(bool(row["trap"]) for row in ROWS) >= len(ROWS) / 2


def test_a_fifth_is_in_seven_other_languages_each_with_crisis_and_urgent() -> None:
    foreign = [row for row in ROWS if row["lang"] != "en"]
    assert len(foreign) >= len(ROWS) * 0.2
    assert {row["lang"] for row in foreign} == {"es", "de", "fr", "it", "pt", "nl", "pl"}
    for language in {row["lang"] for row in foreign}:
        labels = Counter(row["label"] for row in foreign if row["lang"] == language)
        assert min(labels["crisis"], labels["urgent"], labels["none"]) >= 30, language


def test_ids_and_texts_are_unique() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({" ".join(row["text"].split()).casefold() for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("path", BATCHES, ids=lambda path: path.stem)
def test_no_message_leads_to_a_real_address_or_number(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        text = json.loads(line)["text"]
        assert all("example" in address for address in ADDRESS.findall(text)), text
        assert not PHONE.search(text), text
