from pathlib import Path

import pytest

from bot.triage.assessment import Assessment, Do, Label
from bot.triage.measuring import TRAINING, TUNING, Message, Share, batches, figures, measure, read_messages


def _message(number: int, label: Label, language: str = "en", trap: str = "") -> Message:
    return Message(str(number), f"text {number}", label, language, trap)


def _found(label: Label, do: Do = Do.ACT) -> Assessment:
    return Assessment(label, 0.9, Do.NONE if label is Label.NONE else do, scores={label: 0.9})


def test_crisis_taken_for_urgent_is_alerted_but_not_right() -> None:
    found = figures([_message(1, Label.CRISIS)], [_found(Label.URGENT, Do.CARD)])
    assert (found.alerted.hits, found.right.hits) == (1, 0)


def test_danger_that_got_another_label_is_not_alerted() -> None:
    found = figures([_message(1, Label.CRISIS, trap="veiled")], [_found(Label.DISTRESS)])
    assert (found.alerted.hits, found.alerted_on_the_border.of) == (0, 1)


def test_a_silent_card_on_a_harmless_message_counts_as_flagged_and_as_alerted() -> None:
    messages = [_message(number, Label.NONE) for number in range(3)]
    found = figures(messages, [_found(Label.URGENT, Do.CARD), _found(Label.PROMOTION), _found(Label.NONE)])
    assert (found.harmless_flagged.hits, found.harmless_alerted.hits, found.harmless_answered.hits) == (2, 1, 1)


def test_alerts_are_counted_by_language() -> None:
    messages = [_message(1, Label.URGENT, "de"), _message(2, Label.URGENT, "de"), _message(3, Label.URGENT, "pl")]
    found = figures(messages, [_found(Label.URGENT), _found(Label.NONE), _found(Label.CRISIS)])
    assert {each: share.value for each, share in found.alerted_by_language.items()} == {"de": 0.5, "pl": 1.0}


def test_the_mean_of_f1_is_over_the_labels_that_occur() -> None:
    messages = [_message(1, Label.CRISIS), _message(2, Label.CRISIS), _message(3, Label.NONE)]
    found = figures(messages, [_found(Label.CRISIS), _found(Label.NONE), _found(Label.NONE)])
    assert found.f1(Label.CRISIS) == pytest.approx(2 / 3)
    assert found.f1(Label.NONE) == pytest.approx(2 / 3)
    assert found.macro_f1 == pytest.approx(2 / 3)


def test_unheard_danger_is_the_worst_mistake() -> None:
    messages = [
        _message(1, Label.NONE),
        _message(2, Label.DISTRESS),
        _message(3, Label.URGENT),
        _message(4, Label.NONE),
    ]
    found = figures(
        messages, [_found(Label.CRISIS), _found(Label.PROMOTION), _found(Label.NONE), _found(Label.NONE)]
    )  # fmt: skip
    assert [mistake.message.id for mistake in found.mistakes] == ["3", "1", "2"]


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        (Share(0, 0), 0.0, 1.0),
        (Share(0, 10), 0.0, 0.2775),
        (Share(9, 10), 0.5958, 0.9821),
        (Share(81, 100), 0.7222, 0.8749),
    ],
    ids=["nothing", "none-of-ten", "nine-of-ten", "81-of-100"],
)
def test_intervals_are_those_of_wilson(share: Share, low: float, high: float) -> None:
    assert share.interval == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))


def test_a_share_is_told_with_its_interval() -> None:
    assert str(Share(9, 10)) == " 90.0% (59.6% to 98.2%; 9 of 10)"


def test_lines_without_a_label_are_harmless(tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text(
        '{"text": "hello"}\n\n{"id": 7, "text": "help", "label": "urgent", "lang": "nl", "trap": "terse"}\n'
    )
    assert read_messages([path]) == (
        Message("0", "hello", Label.NONE),
        Message("7", "help", Label.URGENT, "nl", "terse"),
    )


def test_no_batch_is_both_learned_from_and_tuned_on() -> None:
    assert not set(TRAINING) & set(TUNING)
    assert len(batches(TUNING)) == len(TUNING)


def test_the_figures_are_told_label_by_label() -> None:
    found = measure([_message(1, Label.URGENT, "fr")], lambda _: _found(Label.URGENT))
    assert "  fr: 100.0% (20.7% to 100.0%; 1 of 1)" in found.lines()
    assert any(line.startswith("  promotion: F1 0.0%") for line in found.lines())
