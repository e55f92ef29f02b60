"""How the bot answers interactions on the fake Discord: the callback, once and in time, and follow-ups by token."""

from datetime import timedelta

from fakes.discord_faults import Answer
from fakes.discord_messages import Call, alter, compose
from fakes.discord_payloads import message_json
from fakes.discord_rules import ApiError, Problems, check_choices, check_message, check_modal
from fakes.discord_state import EPHEMERAL, LOADING, Choice, Interaction, Json, Message, Modal
from fakes.discord_world import World

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9


class Answers:
    """The interaction and webhook routes.

    `deadline` is how long the first answer may take, `lifetime` how long the token serves; both are Discord's own
    (interactions/receiving-and-responding, 2026-08-06), and a test may shorten them.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.cdn = ""
        self.deadline = timedelta(seconds=3)
        self.lifetime = timedelta(minutes=15)

    def expired(self, interaction: Interaction) -> bool:
        """Say whether the first answer can no longer come."""
        return not interaction.answered and self.world.now() - interaction.created_at > self.deadline

    def callback(self, call: Call, interaction_id: str, token: str) -> Answer:
        """Take the first answer.

        Raises:
            ApiError: 10062 unknown or too late, 40060 answered before, 50035 broken or out of place.
        """
        interaction = self.world.interactions.get(token)
        if interaction is None or str(interaction.id) != interaction_id or self.expired(interaction):
            raise ApiError(404, 10062, "Unknown interaction")
        if interaction.answered:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        kind = call.body.get("type")
        self._check_place(interaction, kind)
        data: Json = call.body.get("data") or {}
        if kind in {MESSAGE, DEFERRED}:
            interaction.answer = self._first_message(call, interaction, data, loading=kind == DEFERRED)
        elif kind in {UPDATE, DEFERRED_UPDATE}:
            interaction.answer = interaction.message
            if kind == UPDATE and interaction.message is not None:
                alter(self.world, call, data, interaction.message, "data/")
        elif kind == CHOICES:
            check_choices(data.get("choices") or [])
            interaction.choices = [Choice(each["name"], each["value"]) for each in data.get("choices") or []]
        else:
            check_modal(data)
            interaction.modal = interaction.user.open_modal = Modal(data, interaction)
        interaction.callback_type = kind
        self.world.tell("answered", interaction)
        if call.query.get("with_response") not in {"1", "true", "True"}:
            return Answer(204)
        return Answer(200, self._response(interaction))

    def _check_place(self, interaction: Interaction, kind: object) -> None:
        allowed = [MESSAGE, DEFERRED, MODAL]
        if interaction.kind == AUTOCOMPLETE:
            allowed = [CHOICES]
        elif interaction.kind == SUBMIT:
            allowed = [MESSAGE, DEFERRED]
        if interaction.message is not None:
            allowed += [DEFERRED_UPDATE, UPDATE]
        problems = Problems()
        problems.one_of("type", kind, tuple(allowed))
        problems.settle()

    def _first_message(self, call: Call, interaction: Interaction, data: Json, *, loading: bool) -> Message:
        if loading:
            # A deferred answer can say only whether it will be ephemeral.
            data = {"flags": ((data.get("flags") or 0) & EPHEMERAL) | LOADING}
        else:
            check_message(data, "data/", files=len(call.files))
        return self.world.post(compose(self.world, call, data, interaction.channel, interaction))

    def _response(self, interaction: Interaction) -> Json:
        body: Json = {"id": str(interaction.id), "type": interaction.kind}
        answer = interaction.answer
        if answer is None:
            return {"interaction": body}
        body["response_message_id"] = str(answer.id)
        body["response_message_loading"] = answer.loading
        body["response_message_ephemeral"] = answer.ephemeral
        if interaction.callback_type not in {MESSAGE, UPDATE}:
            return {"interaction": body}
        resource = {"type": interaction.callback_type, "message": message_json(answer, self.cdn)}
        return {"interaction": body, "resource": resource}

    def _by_token(self, token: str) -> Interaction:
        interaction = self.world.interactions.get(token)
        if interaction is None or not interaction.answered:
            raise ApiError(404, 10015, "Unknown Webhook")
        if self.world.now() - interaction.created_at > self.lifetime:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return interaction

    def follow_up(self, call: Call, _: str, token: str) -> Answer:
        """Send a further message; the first after a deferral takes the place of the waiting one.

        Raises:
            ApiError: 10015 before the first answer, 50027 after the token's life, or a broken form.
        """
        interaction = self._by_token(token)
        check_message(call.body, files=len(call.files))
        waiting = interaction.answer
        if waiting is not None and waiting.loading and not waiting.deleted:
            message = alter(self.world, call, call.body, waiting)
        else:
            message = self.world.post(compose(self.world, call, call.body, interaction.channel, interaction))
        return Answer(200, message_json(message, self.cdn))

    def _message(self, token: str, which: str) -> Message:
        interaction = self._by_token(token)
        if which == "@original":
            found = interaction.answer
        else:
            found = self.world.find_message(interaction.channel, int(which))
            if found is not None and found.interaction is not interaction and found is not interaction.answer:
                found = None
        if found is None or found.deleted:
            raise ApiError(404, 10008, "Unknown Message")
        return found

    def read(self, _: Call, __: str, token: str, which: str) -> Answer:
        """Give back a message of this interaction, `@original` for the first."""
        return Answer(200, message_json(self._message(token, which), self.cdn))

    def change(self, call: Call, _: str, token: str, which: str) -> Answer:
        """Change a message of this interaction; a waiting one becomes the answer."""
        return Answer(200, message_json(alter(self.world, call, call.body, self._message(token, which)), self.cdn))

    def remove(self, _: Call, __: str, token: str, which: str) -> Answer:
        """Take a message of this interaction away."""
        self.world.delete(self._message(token, which))
        return Answer(204)
