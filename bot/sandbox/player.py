"""Plays people in the workspace, prints what they do and see, and judges by what a person could see alone."""

import re
from collections.abc import Callable, Iterable, Sequence

from aiohttp import ClientSession, ClientTimeout

from bot.sandbox import transcript
from bot.sandbox.stage import Stage
from bot.sandbox.workspace.things import Json, Message

SOON_S = 15.0


class NotAsTold(AssertionError):
    """What was seen is not what was to be seen."""


def expect(true: bool, otherwise: str) -> None:
    if not true:
        raise NotAsTold(otherwise)


class Player:
    """One transcript. Whatever is not as told raises AssertionError with what was seen instead."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.ws = stage.workspace
        self._since = ""
        self._forms: dict[str, list[str]] = {}  # a message's ts → the titles it has had
        self.ws.state.listeners.append(self._hear)

    # what people do

    async def type(self, person: str, channel: str, line: str) -> None:
        """From here on, only what comes after counts as an answer."""
        self.mark()
        self.say(f"{self.stage.name(person)} in #{self.stage.name(channel)} types  {line}")
        answer = await self.ws.type(person, channel, line)
        expect(answer.error is None, f"{line.partition(' ')[0]} failed with the error “{answer.error}”")

    async def click(self, person: str, message: Message, button: str, where: str) -> None:
        self.mark()
        self.say(f"{self.stage.name(person)} presses  [{self._full(message, button)}]  {where}")
        answer = await self.ws.click(person, self.now(message), self._full(message, button))
        expect(answer.error is None, f"the click on {button!r} failed with {answer.error}")

    def mark(self) -> None:
        self._since = self.ws.state.next_ts()

    # what people see

    async def public(self, channel: str, *needs: str, within: float = SOON_S, new: bool = True) -> Message:
        """A message in a channel that says all this; printed."""
        found = await self._wait(lambda: self.ws.messages(channel), needs, within, new, f"a message in #{channel}")
        self.show(found, f"#{self.stage.name(channel)}")
        return found

    async def thread(self, root: Message, *needs: str, within: float = SOON_S) -> None:
        """The card's thread, once its replies together say all this."""

        def whole() -> list[Message] | None:
            replies = self.ws.messages(root.channel, thread=root.ts)
            said = " ".join(self.text(one) for one in replies)
            return replies if all(need in said for need in needs) else None

        replies = await self.ws.wait_for(whole, within, f"a thread with {', '.join(map(repr, needs))}")
        lines = [line for one in replies for line in transcript.card(one, self.stage.name)]
        print(transcript.framed(lines, f"#{self.stage.name(root.channel)}, its thread"), flush=True)

    async def whisper(self, person: str, *needs: str, within: float = SOON_S) -> Message:
        """Something that only this person sees."""
        found = await self._wait(lambda: self.ws.ephemerals(person), needs, within, True, "an ephemeral message")
        self.show(found, f"#{self.stage.name(found.channel)}, only visible to {self.stage.name(person)}")
        return found

    async def dm(self, person: str, *needs: str, within: float = SOON_S, show: bool = True) -> Message:
        found = await self._wait(lambda: self.ws.dms(person), needs, within, True, "a direct message")
        if show:
            self.show(found, f"direct message to {self.stage.name(person)}")
        return found

    async def becomes(self, message: Message, *needs: str, within: float = SOON_S) -> Message:
        """The same message, once its edited words say all this."""
        found = await self._wait(lambda: [self.now(message)], needs, within, False, "the edited message")
        self.show(found, f"#{self.stage.name(found.channel)}, the same message edited")
        return found

    async def bare(self, copies: Iterable[Message], button: str, within: float = SOON_S) -> None:
        """No copy of the card has this button any more."""
        kept = list(copies)
        await self.ws.wait_for(
            lambda: all(button not in transcript.buttons(self.now(one)) for one in kept),
            within,
            f"[{button}] gone from {len(kept)} copies",
        )
        self.say(f"(all {len(kept)} copies of that card are edited, [{button}] is gone from each)")

    def now(self, message: Message) -> Message:
        """As it stands now; a message that is gone stays as it was."""
        return self.ws.now(message) or message

    def live(self, message: Message) -> None:
        """What the card said on its way here, as somebody saw who watched it."""
        self.say("(live, the card said: " + " → ".join(self._forms.get(message.ts, [])) + ")")

    async def url(self, url: str, status: int) -> None:
        """The real service, as a browser sees it."""
        async with ClientSession(timeout=ClientTimeout(total=5)) as session, session.get(url) as reply:
            self.say(f"GET {url} answers {reply.status}")
            expect(reply.status == status, f"{url} answers {reply.status}, wanted {status}")

    async def page(self, text: str) -> str:
        """What stands behind the first address of ours in it."""
        found = re.search(r"http://127[^|>\s]+/incidents/[^|>\s]+", text)
        if found is None:
            raise NotAsTold(f"there is no address in {text}")
        async with ClientSession(timeout=ClientTimeout(total=5)) as session, session.get(found[0]) as reply:
            self.say(f"GET {reply.url.origin()}/incidents/… answers {reply.status}")
            expect(reply.status == 200, f"the page answers {reply.status}")
            return await reply.text()

    # printing

    def say(self, line: str) -> None:
        print(f" » {line}", flush=True)

    def show(self, message: Message, head: str) -> None:
        print(transcript.framed(transcript.card(message, self.stage.name), head), flush=True)

    def text(self, message: Message) -> str:
        """What stands in it, as a person reads it."""
        return "\n".join(transcript.card(message, self.stage.name))

    # inside

    def _hear(self, event: Json, audience: frozenset[str]) -> None:
        message = event.get("message")
        if isinstance(message, Message) and message.by_bot and not message.is_reply:
            forms = self._forms.setdefault(message.ts, [])
            title = next(iter(transcript.card(message, self.stage.name)), "")
            if title not in forms[-1:]:
                forms.append(title)

    async def _wait(
        self, look: Callable[[], list[Message]], needs: Sequence[str], within: float, new: bool, what: str
    ) -> Message:
        def found() -> Message | None:
            said = [one for one in reversed(look()) if one.user == self.ws.bot_user]
            fresh = (one for one in said if not new or one.ts > self._since)
            return next((one for one in fresh if self._says(one, needs)), None)

        try:
            return await self.ws.wait_for(found, within, f"{what} with {', '.join(map(repr, needs))}")
        except AssertionError:
            for newest in look()[-1:]:
                self.show(newest, "seen instead")
            raise

    def _says(self, message: Message, needs: Sequence[str]) -> bool:
        said = " ".join(f"{message.text}\n{self.text(message)}".split())
        return all(need in said for need in needs)

    def _full(self, message: Message, button: str) -> str:
        """The whole words on the button that begins so."""
        there = transcript.buttons(self.now(message))
        found = next((one for one in there if one.startswith(button)), None)
        expect(found is not None, f"no button {button!r}; there are {there}")
        return found or button
