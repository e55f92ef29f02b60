import ast
import re
from collections import Counter
from string import Formatter

import pytest

from bot.words.catalogue import DISCREET, FOLDER, load_catalogue
from unit.words.keys import ARGUMENT_KEYS, BY_NAME, EXPANSIONS, ROOT, Use, forms_of, key_of, messages, uses

CORE = uses("bot")
MESSAGES = messages()
KEYS = {key_of(message) for message in MESSAGES}

HEALTH = re.compile(
    r"\b(labs?|blood|urine|tests?|tested|infusions?|rounds?|treatments?|samples?|thyroid|tsh|liver|creatinine|kidneys?|"
    r"monitoring|lemtrada|alemtuzumab|ms|centres?|centers?|health|doctors?|nurses?|symptoms?|hiv|hepatitis|tuberculosis|"
    r"chickenpox|vaccinations?|skin|hpv|panels?|baseline|drugs?|medicines?|patients?|nextlab|labdone)\b",
    re.IGNORECASE,
)
"""Words that tell what somebody has, takes or is examined for, the names of commands among them.

Not among them: "medical advice" and "emergency" (a disclaimer that any bot may carry, and the safety line that nobody
may miss), "team" and "result" (they say nothing of what kind).
"""

SPEAKS_OF_NOBODY = {
    "adapter.telegram.description": "stands on the bot's public profile, where nobody's own data are",
    "adapter.telegram.about": "as above",
}
"""Messages with health words and without a discreet form, each with its reason."""


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def literal(template: str) -> str:
    """A template without its placeholders, whose names nobody reads."""
    return re.sub(r"{\w+}", "", template)


@pytest.mark.parametrize("use", CORE, ids=lambda use: f"{use.where} {use.written}")
def test_every_message_that_the_code_names_exists_and_gets_all_its_values(use: Use) -> None:
    assert use.keys, f"{use.written} has no line in EXPANSIONS or BY_NAME"
    for key in use.keys:
        assert key in KEYS
        for message in MESSAGES:
            if key_of(message) == key:
                for form in forms_of(message):
                    assert use.values is None or placeholders(form) <= use.values, key
                assert isinstance(message.string, str) or "count" in (use.values or ())


def test_adapters_name_only_messages_that_exist() -> None:
    for use in uses("adapters"):
        assert use.keys <= KEYS, use.where


def test_every_message_is_used() -> None:
    literals = {
        node.value
        for folder in ("bot", "adapters")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    used = {key for use in CORE for key in use.keys} | ARGUMENT_KEYS | literals
    assert {key for key in KEYS - used if not key.startswith("adapter.")} == set()


def test_the_table_of_keys_made_at_run_time_holds_nothing_else() -> None:
    written = {use.written for use in [*CORE, *uses("adapters")]}
    assert set(EXPANSIONS) <= written
    for keys in [*EXPANSIONS.values(), *BY_NAME.values(), ARGUMENT_KEYS]:
        assert keys <= KEYS


def test_no_message_stands_twice() -> None:
    # The reader of catalogues keeps the last of two silently, so the file itself is looked at.
    text = (FOLDER / "en.po").read_text(encoding="utf-8")
    found = Counter(re.findall(r'^(msgctxt "\w+"\n)?msgid "(.+)"$', text, re.MULTILINE))
    assert [each for each, times in found.items() if times > 1] == []


def test_every_message_has_words_in_all_its_plural_forms() -> None:
    catalogue = load_catalogue("en")
    assert catalogue
    for message in MESSAGES:
        assert all(form.strip() for form in forms_of(message)), key_of(message)
        assert len(forms_of(message)) in (1, 2)
        assert message.context in (None, DISCREET)
    assert (catalogue.plural_form(1), catalogue.plural_form(0), catalogue.plural_form(2)) == (0, 1, 1)


def test_a_discreet_form_stands_beside_a_plain_one_and_asks_for_no_other_values() -> None:
    plain = {key_of(message): message for message in MESSAGES if message.context is None}
    for message in MESSAGES:
        if message.context == DISCREET:
            assert key_of(message) in plain
            assert isinstance(message.string, str) == isinstance(plain[key_of(message)].string, str)


def test_a_message_with_a_health_word_has_a_discreet_form() -> None:
    discreet = {key_of(message) for message in MESSAGES if message.context == DISCREET}
    bare = {
        key_of(message)
        for message in MESSAGES
        if message.context is None and any(HEALTH.search(literal(form)) for form in forms_of(message))
    }
    assert bare - discreet == set(SPEAKS_OF_NOBODY) & bare


def test_no_discreet_form_holds_a_health_word() -> None:
    found = {
        key_of(message): form
        for message in MESSAGES
        if message.context == DISCREET
        for form in forms_of(message)
        if HEALTH.search(literal(form))
    }
    assert found == {}


def test_nothing_is_ever_called_late_overdue_or_missed_by_the_member() -> None:
    blaming = re.compile(r"\b(overdue|you missed|you forgot|you failed|you must)\b", re.IGNORECASE)
    for message in MESSAGES:
        for form in forms_of(message):
            assert not blaming.search(form), key_of(message)
