"""A form as a person fills it in, free of Slack: some inputs under a title, and what its button says."""

from dataclasses import dataclass
from typing import Literal

LINE = "typed"
"""The input of a form with one line."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the things to choose from. group: the heading that it stands under."""

    value: str
    label: str
    group: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to fill in; its name is the key of its value. value: what stands there already."""

    name: str
    label: str
    kind: Literal["text", "choice", "person", "check"] = "text"
    hint: str = ""
    value: str = ""
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    placeholder: str = ""
    longest: int = 300
    shortest: int = 1


@dataclass(frozen=True, slots=True)
class Form:
    """`target` is opaque: it names what the form completes or confirms. title, submit: at most 24 characters."""

    title: str
    says: str
    inputs: tuple[Input, ...]
    submit: str
    target: str


def one_line(title: str, says: str, label: str, submit: str, target: str, *, least: int = 1, most: int = 300) -> Form:
    """A form with one line to type before something starts."""
    return Form(title, says, (Input(LINE, label, longest=most, shortest=least),), submit, target)
