"""Forms for what was not typed: the partial decision is committed first, everything is decided again at the end."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.db import events, partials, posts, runs
from bot.db.database import Connection, Rows, transaction
from bot.db.partials import Partial
from bot.db.runs import NewRun
from bot.domain.card import Card
from bot.domain.catalog import Place
from bot.domain.command import Command, Verb
from bot.domain.errors import BadRequest, Missing
from bot.domain.event import Kind
from bot.domain.fields import Kind as Holds
from bot.domain.fill import Filling
from bot.domain.form import Form
from bot.domain.intake_card import already_asked, refused_card
from bot.domain.invocation import Actor, Answer, Click, Invocation, Submission
from bot.domain.json import JsonObject
from bot.domain.parse import Parsed, begun
from bot.domain.request_form import PLACE, VERB, candidates, read_form, request_form, told, verb_form
from bot.domain.words import clean, plain
from bot.engine.installation import Installation
from bot.engine.short import note
from permissions.decide import Decision, Deny
from permissions.model import Ask

Judge = Callable[[Parsed, Invocation, Rows], Awaitable[tuple[NewRun, Card | None]]]

_EXPIRED = "This form has expired. Type the command again. Nothing was changed."


class Forms:
    """`begin` keeps what was typed, `open` shows the form, `submitted` makes the run: once."""

    def __init__(self, installation: Installation, judge: Judge) -> None:
        self._at = installation
        self._judge = judge

    # --- begun ------------------------------------------------------------------------------------------------

    async def begin(self, invocation: Invocation, missing: Missing, rows: Rows) -> Answer:
        """A form, or the refusal for somebody who may do it nowhere; the delivery's key is claimed with either."""
        command = self._at.commands[missing.command]
        made = self._form(command, missing.verb, missing.text, missing.what, invocation.actor, invocation.channel)
        async with transaction(rows) as connection:
            if not await runs.claim_delivery(connection, invocation.delivery):
                return Answer()
            if isinstance(made, Deny):
                return await self._refused(connection, invocation, made)
            partial = await self._keep(connection, invocation, missing)
        self._at.bell.ring("outbox")
        return Answer() if invocation.spoken else Answer(form=replace(made, target=partial.id))

    async def _keep(self, connection: Connection, invocation: Invocation, missing: Missing) -> Partial:
        partial = await partials.add(
            connection,
            invocation,
            command=missing.command,
            verb=missing.verb,
            text=missing.text,
            asks=missing.what,
            offered=bool(invocation.spoken),
        )
        body: JsonObject = {
            "line": clean(f"{missing.command} {missing.text}".strip()),
            "missing": plain(missing.what),
            "form": partial.id,
            "expires": partial.expires_at.isoformat(),
        }
        await events.record(connection, Kind.REQUEST_PARTIAL, actor=invocation.actor.id, body=body)
        return partial

    async def _refused(self, connection: Connection, invocation: Invocation, deny: Deny) -> Answer:
        line = clean(invocation.typed)
        await self._record_refusal(connection, invocation.actor.id, line, deny.because.sentence)
        self._at.bell.ring("outbox")
        return Answer(refused_card(deny, line))

    async def _record_refusal(self, rows: Rows, who: str, line: str, because: str) -> None:
        body: JsonObject = {"line": line, "because": because}
        await events.record(rows, Kind.REQUEST_REFUSED, actor=who, body=body)

    # --- shown ------------------------------------------------------------------------------------------------

    async def open(self, click: Click) -> Answer | None:
        """The form behind an "Open form" button; None when it is not this person's."""
        partial = await partials.get(self._at.pool, click.target)
        if partial is None or partial.actor != click.actor.id:
            return None
        if partial.run_id is not None:
            return Answer(note(f"That form was sent already: it is R-{partial.run_id}.", "See it with /runs."))
        if partial.over:
            return Answer(note("That form has expired.", "Type the command again. Nothing was changed."))
        try:
            made = self._again(partial)
        except BadRequest as error:
            return Answer(note(error.what, error.next_step))
        if isinstance(made, Deny):
            return Answer(refused_card(made, clean(f"{partial.command} {partial.text}".strip())))
        return Answer(form=made)

    async def shown(self, target: str, opened: bool) -> None:
        """Whether Slack took the form. The button that opens it is sent at once if not, and else never."""
        key = post_key(target)
        async with transaction(self._at.pool) as connection:
            if await partials.lock(connection, target) is None:
                return
            if opened:
                await partials.shown(connection, target)
                await posts.gone(connection, key, "its form is open")
            else:
                await partials.offer(connection, target)
                await posts.later(connection, key, "its form did not open", timedelta())

    # --- submitted --------------------------------------------------------------------------------------------

    async def submitted(self, submission: Submission) -> Answer | None:
        """What is wrong with it, the next form, or an empty answer; None when it is not this person's."""
        async with transaction(self._at.pool) as connection:
            partial = await partials.lock(connection, submission.target)
            if partial is None or partial.actor != submission.actor.id:
                return None
            if partial.run_id is not None:
                return Answer(run=partial.run_id)
            if partial.over:
                return Answer(wrong={"": _EXPIRED})
            if partial.verb is None:
                return await self._choose(connection, partial, submission)
            answer = await self._complete(connection, partial, partial.verb, submission)
        self._at.bell.ring("work", "outbox")
        return answer

    async def _choose(self, connection: Connection, partial: Partial, submission: Submission) -> Answer:
        try:
            verb = _verb(self._at.commands[partial.command], submission.values.get(VERB, ""))
            chosen = replace(partial, verb=verb.word, asks=verb.help)
            made = self._again(chosen)
        except (BadRequest, LookupError) as error:
            return Answer(wrong={VERB: told(error) if isinstance(error, BadRequest) else "Choose one of these."})
        if isinstance(made, Deny):
            return Answer(wrong={VERB: plain(f"{made.because.sentence} {made.next_step}")})
        await partials.choose(connection, partial.id, verb.word, verb.help)
        return Answer(form=made)

    async def _complete(self, connection: Connection, partial: Partial, word: str, submission: Submission) -> Answer:
        command = self._at.commands[partial.command]
        verb = _verb(command, word)
        parsed = read_form(
            command,
            verb,
            self._at.catalog_here,
            submission.values,
            channel=partial.channel,
            now=submission.received_at.astimezone(self._at.zone_of(partial.actor)),
        )
        if not isinstance(parsed, Parsed):
            return Answer(wrong=parsed)
        invocation = _as_typed(partial, submission, parsed)
        new, refusal = await self._judge(parsed, invocation, connection)
        if refusal is not None:
            await self._record_refusal(connection, partial.actor, parsed.line, new.because)
            return Answer(wrong={PLACE: plain(refusal.text)})
        run, fresh = await runs.receive(connection, invocation, new)
        assert run is not None  # noqa: S101  (the form's key is claimed together with its run)
        await partials.complete(connection, partial.id, run)
        found = None if fresh else await runs.get(connection, run)
        return Answer(wrong={"": plain(already_asked(found).text)} if found else {}, run=run)

    # --- what may be chosen -----------------------------------------------------------------------------------

    def _again(self, partial: Partial) -> Form | Deny:
        """LookupError when the command has no such verb (any more)."""
        actor = Actor(partial.actor, partial.team)
        command = self._at.commands[partial.command]
        made = self._form(command, partial.verb, partial.text, partial.asks, actor, partial.channel)
        return made if isinstance(made, Deny) else replace(made, target=partial.id)

    def _form(
        self, command: Command, word: str | None, text: str, says: str, actor: Actor, channel: str
    ) -> Form | Deny:
        """BadRequest when what was typed does not fit the verb."""
        if word is None:
            return self._verbs(command, says, actor, channel)
        verb = _verb(command, word)
        now = self._at.clock().astimezone(self._at.zone_of(actor.id))
        filling, line = begun(command, verb, self._at.catalog_here, text, channel=channel, now=now)
        places = self._places(verb, filling, actor, channel)
        return places if isinstance(places, Deny) else request_form(filling, line, places, says, "")

    def _verbs(self, command: Command, says: str, actor: Actor, channel: str) -> Form | Deny:
        """Those that this person may use somewhere."""
        found = {
            verb: self._places(verb, Filling(command, verb, self._at.catalog_here, self._at.clock()), actor, channel)
            for verb in command.verbs
        }
        denied = [places for places in found.values() if isinstance(places, Deny)]
        if len(denied) == len(found):
            return denied[0]
        return verb_form(command, [verb for verb in found if not isinstance(found[verb], Deny)], says, "")

    def _places(self, verb: Verb, filling: Filling, actor: Actor, channel: str) -> Sequence[Place] | Deny:
        """Where this person may do it, of what the typed words leave open; empty for what is about no place."""
        if filling.of(Holds.SERVICE) is None:
            verdict = self._verdict(verb, actor, None, None, channel)
            return verdict if isinstance(verdict, Deny) else ()
        places = candidates(filling, self._at.catalog)
        verdicts = {place: self._verdict(verb, actor, place.service, place.environment, channel) for place in places}
        allowed = [place for place, verdict in verdicts.items() if not isinstance(verdict, Deny)]
        return allowed or self._nowhere(verb, filling, actor, channel, list(verdicts.values()))

    def _nowhere(
        self, verb: Verb, filling: Filling, actor: Actor, channel: str, verdicts: Sequence[Decision]
    ) -> Sequence[Place] | Deny:
        """The refusal that says most: of the one place that was meant, else of them all."""
        service, environment = filling.of(Holds.SERVICE), filling.of(Holds.ENVIRONMENT)
        named = [
            filling.values[one.name] if one and one.name in filling.texts else None for one in (service, environment)
        ]
        broad = self._verdict(verb, actor, named[0], named[1], channel)
        found = [one for one in (broad, *verdicts) if isinstance(one, Deny)]
        if len(verdicts) == 1:
            found.reverse()
        return found[0] if found else ()

    def _verdict(
        self, verb: Verb, actor: Actor, service: str | None, environment: str | None, channel: str
    ) -> Decision:
        person = self._at.person(actor.id, actor.team)
        scope = self._at.scope(service, environment, channel)
        return self._at.decide(Ask(person, verb.permission, verb.risk, scope))


def post_key(partial: str) -> str:
    """Of the message with the "Open form" button."""
    return f"form:{partial}"


def _verb(command: Command, word: str) -> Verb:
    found = next((verb for verb in command.verbs if verb.word == word), None)
    if found is None:
        raise LookupError(word)
    return found


def _as_typed(partial: Partial, submission: Submission, parsed: Parsed) -> Invocation:
    """As if its canonical line had been typed there; the form's own id is the delivery's key."""
    return Invocation(
        parsed.command.name,
        parsed.line.removeprefix(parsed.command.name).strip(),
        submission.actor,
        partial.channel,
        hashlib.sha256(f"form:{partial.id}".encode()).digest(),
        submission.received_at,
        "slack",
        partial.response_url,
        partial.thread,
    )
