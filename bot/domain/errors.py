"""What can go wrong, as data; each error builds the sentence a person reads. Pure."""

from typing import Literal

Changed = Literal["nothing", "something", "unknown"]

CHANGED_WORDS: dict[Changed, str] = {
    "nothing": "Nothing was changed.",
    "something": "Something was changed: see the steps.",
    "unknown": "It is not known whether anything was changed.",
}
CHANGED_IN_SHORT: dict[Changed, str] = {  # after a label that says what it is about
    "nothing": "nothing",
    "something": "something: see the steps",
    "unknown": "not known",
}


class WatchkeeperError(Exception):
    """Something went wrong."""

    def __init__(self, what: str = "", next_step: str = "") -> None:
        self.what = what or (self.__doc__ or "")
        self.next_step = next_step
        super().__init__(" ".join(part for part in (self.what, next_step) if part))


class BadRequest(WatchkeeperError):
    """The command could not be read. `field`: the one of the request that is to blame, where that is known."""

    def __init__(self, what: str, next_step: str = "", example: str = "", field: str = "") -> None:
        self.example = example
        self.field = field
        super().__init__(what, next_step)


class Missing(BadRequest):
    """Something that the command needs was not said, and nothing else is wrong: a form can ask for it."""

    command = ""
    verb: str | None = None  # None: that was not said either
    text = ""  # what was said, without the command's name


class Impossible(WatchkeeperError):
    """The plan cannot be made: nothing to go back to, no such event, not in the catalog. Nothing was changed."""


class ProviderError(WatchkeeperError):
    """An outside system refused or failed.

    `changed` says what is known: `unknown` after a timeout once something was sent (never called a failure).
    """

    def __init__(
        self,
        provider: str,
        what: str,
        next_step: str = "",
        *,
        changed: Changed = "nothing",
        retryable: bool = False,
    ) -> None:
        self.provider = provider
        self.changed = changed
        self.retryable = retryable
        super().__init__(what, next_step)


class StepFailed(WatchkeeperError):
    """A step of a run did not succeed; `output` may hold its last lines."""

    def __init__(self, what: str, next_step: str = "", *, output: str = "", changed: Changed = "something") -> None:
        self.output = output
        self.changed = changed
        super().__init__(what, next_step)


class Stopped(WatchkeeperError):
    """The run was told to stop: cancelled between steps, or no longer ours."""
