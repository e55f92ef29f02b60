"""What a person's client makes of an open form: the input by label, the rules it holds people to, what it sends."""

from fakes.discord_state import Json, Modal

ROW, SELECT, TEXT_INPUT, TEXT, LABEL, RADIO, CHECKS, CHECK = 1, 3, 4, 10, 18, 21, 22, 23


def submitted(modal: Modal, answers: dict[str, object]) -> list[Json]:
    """Write a filled-in form as its interaction carries it.

    Raises:
        AssertionError: an answer to a field that is not there, or one that the client would not send.
    """
    known = {key for label, part in modal.fields.items() for key in (label, part["custom_id"])}
    for key in answers:
        assert key in known, f"the form has no field {key!r}, only {list(modal.fields)}"
    return [_sent(number, part, answers) for number, part in enumerate(modal.payload["components"], 1)]


def _sent(number: int, part: Json, answers: dict[str, object]) -> Json:
    # Ids must differ within the form; an input's own follows from its place.
    sent: Json = {"type": part["type"], "id": part.get("id", number)}
    if part["type"] == ROW:
        sent["components"] = [_field(number, each, each["label"], answers) for each in part["components"]]
    elif part["type"] == LABEL:
        sent["component"] = _field(number, part["component"], part["label"], answers)
    return sent


def _field(number: int, part: Json, label: str, answers: dict[str, object]) -> Json:
    custom_id = part["custom_id"]
    answer = answers.get(label, answers.get(custom_id))
    sent: Json = {"type": part["type"], "id": part.get("id", number + 100), "custom_id": custom_id}
    if part["type"] == TEXT_INPUT:
        return {**sent, "value": _text(part, label, answer)}
    if part["type"] == CHECK:
        return {**sent, "value": part.get("default", False) if answer is None else bool(answer)}
    values = _lines(part, label, answer)
    if part["type"] == RADIO:
        return {**sent, "value": values[0] if values else None}
    return {**sent, "values": values}


def _text(part: Json, label: str, answer: object) -> str:
    text = str(part.get("value") or "") if answer is None else str(answer)
    assert text or not part.get("required", True), f"{label!r} must be filled in"
    assert len(text) <= (part.get("max_length") or 4000), f"{label!r} takes {part['max_length']} characters"
    assert not text or len(text) >= (part.get("min_length") or 0), f"{label!r} needs {part['min_length']} characters"
    return text


def _lines(part: Json, label: str, answer: object) -> list[str]:
    """The values of the lines chosen; a line is named by its label or its value."""
    options = part.get("options") or []
    if answer is None:
        chosen = [option["value"] for option in options if option.get("default")]
    else:
        wanted = [answer] if isinstance(answer, str) else list(answer)  # pyright: ignore[reportArgumentType] -- any list
        values = {key: option["value"] for option in options for key in (option["value"], option["label"])}
        for line in wanted:
            assert line in values, f"{label!r} has no line {line!r}, only {[option['label'] for option in options]}"
        chosen = [values[line] for line in wanted]
    least = part.get("min_values", 1) if part.get("required", True) else 0
    most = 1 if part["type"] == RADIO else part.get("max_values", len(options) if part["type"] == CHECKS else 1)
    assert least <= len(chosen) <= most, f"{label!r} takes {least} to {most} lines"
    return chosen
