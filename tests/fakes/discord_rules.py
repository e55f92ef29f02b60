"""What Discord refuses: limits of messages, components and forms, checked as the real server does.

Figures are from Discord's documentation as of 2026-08-06 (resources/message, components/reference).
A broken rule is an entry in a `Problems`; the server turns those into one 400 with code 50035 and a tree of errors.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from fakes.discord_state import COMPONENTS_V2, Json, walk

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, TEXT, LABEL = 1, 2, 3, 4, 10, 18
SELECTS = (3, 5, 6, 7, 8)
RADIO = 21
GROUPS = (RADIO, 22)
# Sections, media, files, separators, containers, uploads and single boxes have no limits that a text bot meets.
UNCHECKED = (9, 11, 12, 13, 14, 17, 19, 23)
LINK, PREMIUM = 5, 6
FIELD_LIMITS = (("name", 256), ("value", 1024))


class ApiError(Exception):
    """An answer that is not a success: HTTP status, Discord's code, its text, and the tree of form errors."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.body: Json = {"message": message, "code": code, **({"errors": errors} if errors else {})}


@dataclass
class Problems:
    """Broken rules, each at its path in the form."""

    found: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, at: str, code: str, message: str) -> None:
        """Note a broken rule at a path such as `components/0/components/1/label`."""
        self.found.append((at, code, message))

    def length(self, at: str, value: object, most: int, least: int = 0) -> None:
        """Require text (or a list) of `least` to `most` characters (or entries); None counts as absent."""
        if value is None and least == 0:
            return
        if not isinstance(value, str | list):
            self.add(at, "BASE_TYPE_REQUIRED", "This field is required")
        elif least == 0 and len(value) > most:
            self.add(at, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        elif not least <= len(value) <= most:
            self.add(at, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def one_of(self, at: str, value: object, allowed: tuple[object, ...]) -> None:
        """Require one of the `allowed` values."""
        if value not in allowed:
            self.add(at, "BASE_TYPE_CHOICES", f"Value must be one of {allowed}.")

    def settle(self) -> None:
        """Refuse the form if anything is wrong with it.

        Raises:
            ApiError: 400 with code 50035 and the tree of errors.
        """
        tree: Json = {}
        for at, code, message in self.found:
            branch = tree
            for step in at.split("/"):
                branch = branch.setdefault(step, {})
            branch.setdefault("_errors", []).append({"code": code, "message": message})
        if tree:
            raise ApiError(400, 50035, "Invalid Form Body", tree)


def check_message(body: Json, at: str = "", *, files: int = 0, new: bool = True, flags: int = 0) -> None:
    """Check a message to be sent, or the changes to one that has `flags` already (`new` false).

    Raises:
        ApiError: 50035 for a broken form, 50006 for a new message with nothing in it.
    """
    problems = Problems()
    flags |= body.get("flags") or 0
    problems.length(f"{at}content", body.get("content"), 2000)
    problems.length(f"{at}nonce", str(body["nonce"]) if body.get("nonce") is not None else None, 25)
    _check_embeds(problems, f"{at}embeds", body.get("embeds") or [])
    _check_mentions(problems, f"{at}allowed_mentions", body.get("allowed_mentions") or {})
    _check_reference(problems, f"{at}message_reference", body.get("message_reference"))
    for number, attachment in enumerate(body.get("attachments") or []):
        if "filename" in attachment and int(attachment["id"]) >= files:
            problems.add(f"{at}attachments/{number}/id", "ATTACHMENT_NOT_FOUND", "There is no such file.")
    if body.get("components"):
        _check_layout(problems, f"{at}components", body["components"], v2=bool(flags & COMPONENTS_V2))
    if flags & COMPONENTS_V2 and (body.get("content") or body.get("embeds")):
        message = "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2"
        problems.add(f"{at}content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    problems.settle()
    if new and not files and not any(body.get(key) for key in ("content", "embeds", "components", "poll")):
        raise ApiError(400, 50006, "Cannot send an empty message")


def _check_embeds(problems: Problems, at: str, embeds: list[Json]) -> None:
    problems.length(at, embeds, 10)
    total = 0
    for number, embed in enumerate(embeds):
        parts = [
            (f"{number}/title", embed.get("title"), 256),
            (f"{number}/description", embed.get("description"), 4096),
        ]
        parts.append((f"{number}/footer/text", (embed.get("footer") or {}).get("text"), 2048))
        parts.append((f"{number}/author/name", (embed.get("author") or {}).get("name"), 256))
        problems.length(f"{at}/{number}/fields", embed.get("fields") or [], 25)
        for index, line in enumerate(embed.get("fields") or []):
            parts += [(f"{number}/fields/{index}/{key}", line.get(key) or "", most) for key, most in FIELD_LIMITS]
        for where, text, most in parts:
            problems.length(f"{at}/{where}", text, most, least=int("/fields/" in where))
            total += len(text or "")
    if total > 6000:
        problems.add(at, "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _check_mentions(problems: Problems, at: str, allowed: Json) -> None:
    parse = allowed.get("parse") or []
    for number, kind in enumerate(parse):
        problems.one_of(f"{at}/parse/{number}", kind, ("roles", "users", "everyone"))
    problems.one_of(f"{at}/replied_user", allowed.get("replied_user"), (None, True, False))
    for kind in ("users", "roles"):
        problems.length(f"{at}/{kind}", allowed.get(kind), 100)
        for number, each in enumerate(allowed.get(kind) or []):
            if not _is_snowflake(each):
                problems.add(f"{at}/{kind}/{number}", "NUMBER_TYPE_COERCE", f"Value {each!r} is not snowflake.")
        if kind in parse and allowed.get(kind):
            text = f"parse:[{kind!r}] and {kind}: [ids...] are mutually exclusive."
            problems.add(at, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def _check_reference(problems: Problems, at: str, reference: Json | None) -> None:
    if reference is None:
        return
    for name in ("message_id", "channel_id", "guild_id"):
        value = reference.get(name)
        if (value is None and name == "message_id") or (value is not None and not _is_snowflake(value)):
            problems.add(f"{at}/{name}", "NUMBER_TYPE_COERCE", f"Value {value!r} is not snowflake.")
    problems.one_of(f"{at}/type", reference.get("type"), (None, 0, 1))
    problems.one_of(f"{at}/fail_if_not_exists", reference.get("fail_if_not_exists"), (None, True, False))


def _is_snowflake(value: object) -> bool:
    return isinstance(value, str) and value.isdecimal()


def _check_layout(problems: Problems, at: str, components: list[Json], *, v2: bool) -> None:
    every = list(walk(components))
    if v2:
        if len(every) > 40:
            problems.add(at, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The total number of components exceeds 40")
        if sum(len(each.get("content", "")) for each in every) > 4000:
            problems.add(at, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "Text exceeds maximum size of 4000")
    else:
        problems.length(at, components, 5, least=1)
        for number, row in enumerate(components):
            problems.one_of(f"{at}/{number}/type", row.get("type"), (ROW,))
    _check_unique_ids(problems, at, every)
    for number, component in enumerate(components):
        _check_component(problems, f"{at}/{number}", component)


def _check_unique_ids(problems: Problems, at: str, every: list[Json]) -> None:
    ids = Counter(each["custom_id"] for each in every if each.get("custom_id"))
    for custom_id in (each for each, times in ids.items() if times > 1):
        problems.add(at, "COMPONENT_CUSTOM_ID_DUPLICATED", f"Component custom id {custom_id!r} cannot be duplicated")


def _check_component(problems: Problems, at: str, component: Json) -> None:
    kind = component.get("type")
    check = CHECKS.get(kind) if isinstance(kind, int) else None
    if check is not None:
        check(problems, at, component)
    elif kind not in UNCHECKED:
        problems.add(f"{at}/type", "UNION_TYPE_CHOICES", f"{kind!r} is no component.")
    for key in ("components", "component", "accessory"):
        inner = component.get(key) or []
        if isinstance(inner, dict):
            _check_component(problems, f"{at}/{key}", inner)
        else:
            for number, child in enumerate(inner):
                _check_component(problems, f"{at}/{key}/{number}", child)


def _check_row(problems: Problems, at: str, row: Json) -> None:
    children = row.get("components")
    problems.length(f"{at}/components", children, 5, least=1)
    if any(child.get("type") != BUTTON for child in children or []):
        problems.length(f"{at}/components", children, 1)


def _check_text(problems: Problems, at: str, display: Json) -> None:
    problems.length(f"{at}/content", display.get("content"), 4000, least=1)


def _check_label(problems: Problems, at: str, label: Json) -> None:
    problems.length(f"{at}/label", label.get("label"), 45, least=1)
    problems.length(f"{at}/description", label.get("description"), 100)


def _check_group(problems: Problems, at: str, group: Json) -> None:
    problems.length(f"{at}/custom_id", group.get("custom_id"), 100, least=1)
    problems.length(f"{at}/options", group.get("options"), 10, least=2 if group["type"] == RADIO else 1)


def _check_button(problems: Problems, at: str, button: Json) -> None:
    problems.one_of(f"{at}/style", button.get("style"), (1, 2, 3, 4, LINK, PREMIUM))
    problems.length(f"{at}/label", button.get("label"), 80)
    if button.get("style") == LINK:
        problems.length(f"{at}/url", button.get("url"), 512, least=1)
        if "custom_id" in button:
            problems.add(at, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A link has no custom id.")
    elif button.get("style") != PREMIUM:
        problems.length(f"{at}/custom_id", button.get("custom_id"), 100, least=1)
    if not (button.get("label") or button.get("emoji") or button.get("sku_id")):
        problems.add(at, "BUTTON_COMPONENT_INVALID", "A label or an emoji is required")


def _check_select(problems: Problems, at: str, menu: Json) -> None:
    problems.length(f"{at}/custom_id", menu.get("custom_id"), 100, least=1)
    problems.length(f"{at}/placeholder", menu.get("placeholder"), 150)
    if menu["type"] != STRING_SELECT:
        return
    options = menu.get("options")
    problems.length(f"{at}/options", options, 25, least=1)
    for number, option in enumerate(options or []):
        problems.length(f"{at}/options/{number}/label", option.get("label"), 100, least=1)
        problems.length(f"{at}/options/{number}/value", option.get("value"), 100, least=1)
        problems.length(f"{at}/options/{number}/description", option.get("description"), 100)
    values = Counter(option.get("value") for option in options or [])
    if any(times > 1 for times in values.values()):
        problems.add(f"{at}/options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The same option value twice")
    if menu.get("max_values", 1) > len(options or []):
        problems.add(f"{at}/max_values", "BASE_TYPE_MAX", "More values than there are options")


def _check_text_input(problems: Problems, at: str, box: Json) -> None:
    problems.length(f"{at}/custom_id", box.get("custom_id"), 100, least=1)
    problems.one_of(f"{at}/style", box.get("style"), (1, 2))
    problems.length(f"{at}/label", box.get("label"), 45)
    problems.length(f"{at}/placeholder", box.get("placeholder"), 100)
    problems.length(f"{at}/value", box.get("value"), min(4000, box.get("max_length") or 4000))
    if not 0 <= (box.get("min_length") or 0) <= (box.get("max_length") or 4000) <= 4000:
        problems.add(f"{at}/max_length", "NUMBER_TYPE_MAX", "int value should be between min_length and 4000.")


CHECKS: dict[int, Callable[[Problems, str, Json], None]] = {
    ROW: _check_row,
    BUTTON: _check_button,
    **dict.fromkeys(SELECTS, _check_select),
    TEXT_INPUT: _check_text_input,
    TEXT: _check_text,
    LABEL: _check_label,
    **dict.fromkeys(GROUPS, _check_group),
}


def check_modal(data: Json) -> None:
    """Check a form: title 1 to 45, 1 to 5 parts, each a label with an input, a text, or an old row with one input.

    Raises:
        ApiError: 50035.
    """
    problems = Problems()
    problems.length("data/title", data.get("title"), 45, least=1)
    problems.length("data/custom_id", data.get("custom_id"), 100, least=1)
    components = data.get("components") or []
    problems.length("data/components", components, 5, least=1)
    for number, component in enumerate(components):
        problems.one_of(f"data/components/{number}/type", component.get("type"), (ROW, TEXT, LABEL))
        for child in component.get("components") or []:
            problems.length(f"data/components/{number}/components/0/label", child.get("label"), 45, least=1)
        _check_component(problems, f"data/components/{number}", component)
    _check_unique_ids(problems, "data/components", list(walk(components)))
    problems.settle()


def check_choices(choices: list[Json]) -> None:
    """Check an autocomplete list: at most 25, names of 1 to 100 characters, text values of at most 100.

    Raises:
        ApiError: 50035.
    """
    problems = Problems()
    problems.length("data/choices", choices, 25)
    for number, choice in enumerate(choices):
        problems.length(f"data/choices/{number}/name", choice.get("name"), 100, least=1)
        if isinstance(choice.get("value"), str):
            problems.length(f"data/choices/{number}/value", choice["value"], 100, least=1)
    problems.settle()
