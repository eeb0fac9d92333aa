"""The fields of one request filling up from a line's words, each at most once; the channel fills the rest. Pure."""

import re
from contextlib import suppress
from datetime import datetime
from typing import Any

from bot.domain.catalog import Catalog
from bot.domain.command import Command, Verb
from bot.domain.errors import BadRequest, Missing
from bot.domain.fields import Field, Kind, Unfit, fields_of, read, wants
from bot.domain.names import EVERY, all_environments, environments_of, services_of
from bot.domain.nearest import nearest
from bot.domain.words import code, listed, quoted


class Filling:
    """What is known so far of one request. Raises BadRequest for every word that fits nowhere."""

    def __init__(self, command: Command, verb: Verb, catalog: Catalog, now: datetime) -> None:
        self.command, self.verb, self.catalog, self.now = command, verb, catalog, now
        self.services, self.environments = services_of(catalog), all_environments(catalog)
        self.fields = fields_of(verb.request)
        self.values: dict[str, Any] = {}
        self.texts: dict[str, str] = {}  # the same as it was typed

    @property
    def said(self) -> str:
        return code(f"{self.command.name} {self.verb.word}".strip())

    def request(self, channel: str) -> object:
        """The request, with what the channel stands for; BadRequest names what is still missing."""
        self.place(channel)
        for item in self.fields:
            if item.required and item.name not in self.values:
                raise self._missing(item)
        try:
            return self.verb.request(**{item.name: self.values.get(item.name, item.default) for item in self.fields})
        except ValueError as error:
            raise BadRequest(str(error), "", self.verb.example, self._blamed()) from None

    def place(self, channel: str) -> None:
        """Where it is about: as typed, and as the channel stands for."""
        self._bind(*self.catalog.bound(channel))
        self._resolve_environment()

    def _blamed(self) -> str:
        """The field without whose value the request's own check would have been content."""
        for item in (item for item in self.fields if not item.required and item.name in self.values):
            values = {one.name: self.values.get(one.name, one.default) for one in self.fields}
            with suppress(ValueError):
                self.verb.request(**{**values, item.name: item.default})
                return item.name
        return ""

    def give(self, item: Field, text: str) -> None:
        """A value for this very field, as a form has it. BadRequest when it is none."""
        try:
            self.put(item, True if item.kind is Kind.FLAG else self._read(item, text), text)
        except Unfit as error:
            raise BadRequest(f"{error}.", "" if wants(item) in str(error) else f"It takes {wants(item)}.") from None

    def _read(self, item: Field, text: str) -> object:
        if item.kind is Kind.LINE and not text.startswith(("-", "—", "–")):
            return text.lstrip("/ ")
        if item.kind is Kind.SERVICE and item.optional and text.lower() == EVERY:
            return None
        return self._named(item, text) or read(item, text, self.now)

    def option(self, name: str, text: str) -> None:
        item = next((item for item in self.fields if item.option == name), None)
        if item is None:
            raise BadRequest(f"{code(name)} is not an option of {self.said}.", "Leave it out.")
        if item.kind is Kind.FLAG:
            self.put(item, True, name)
            return
        try:
            value = self._read(item, text)
        except Unfit as error:
            takes = "" if wants(item) in str(error) else f"It takes {wants(item)}."
            raise BadRequest(f"{code(name)}: {error}.", takes) from None
        self.put(item, value, text)

    def put(self, item: Field, value: object, text: str) -> None:
        if item.many:
            before = self.values.get(item.name, ())
            if value in before:
                raise BadRequest(f"{quoted(text, 40)} is given twice.", "Name it once.")
            self.values[item.name] = (*before, value)
            self.texts[item.name] = f"{self.texts.get(item.name, '')} {text}".strip()
        elif item.name in self.values:
            raise BadRequest(f"The {item.label} is given twice.", f"Leave out {quoted(text, 40)} or the other one.")
        else:
            self.values[item.name] = value
            self.texts[item.name] = text

    def word(self, text: str) -> None:
        """Give a free word to the first field that can hold it."""
        full: Field | None = None
        for item in sorted((item for item in self.fields if not item.option), key=_by_kind):
            value = self._fits(item, text)
            if value is _NO:
                continue
            if item.name not in self.values or item.many:
                self.put(item, value, text)
                return
            full = full or item
        raise self._leftover(text, full)

    def _fits(self, item: Field, text: str) -> object:
        if item.kind is Kind.SERVICE and item.optional and text.lower() == EVERY:
            return None
        named = self._named(item, text)
        if named is not None:
            return named
        if item.kind is Kind.RUN and re.fullmatch("[0-9]{6,}", text) and self._open(Kind.DIGITS):
            return _NO
        try:
            return read(item, text, self.now)
        except Unfit:
            return _NO

    def _named(self, item: Field, text: str) -> str | None:
        if item.kind is Kind.SERVICE:
            return self.services.get(text.lower())
        return self.environments.get(text.lower()) and text.lower() if item.kind is Kind.ENVIRONMENT else None

    def _open(self, kind: Kind) -> bool:
        return any(item.kind is kind and item.name not in self.values for item in self.fields)

    # --- what is wrong

    def _leftover(self, text: str, full: Field | None) -> BadRequest:
        if text.startswith("-"):
            return BadRequest(
                f"{quoted(text, 40)} looks like an option, so it is no value.", "An option stands without quotes."
            )
        if full:
            return BadRequest(f"The {full.label} is given twice.", f"Leave out {quoted(text, 40)} or the other one.")
        for item in self.fields:
            if item.option and item.kind is not Kind.TEXT and self._fits(item, text) is not _NO:
                meant = code(f"{item.option} {text}")
                return BadRequest(f"{quoted(text, 40)} stands alone.", f"Did you mean {meant}?")
        return self._misspelt(text)

    def _misspelt(self, text: str) -> BadRequest:
        named = {"a service": self.services if self._open(Kind.SERVICE) else {}}
        named["an environment"] = self.environments if self._open(Kind.ENVIRONMENT) else {}
        named[f"a word of {code(self.command.name)}"] = {word: word for word in self._words()}
        near = nearest(text, [name for names in named.values() for name in names])
        for what, names in named.items():
            if near in names:
                return BadRequest(f"{quoted(text, 40)} is not {what}.", f"Did you mean {code(names[near])}?")
        for what, names in named.items():
            if names:
                choices = listed([code(name) for name in sorted(set(names.values()))])
                return BadRequest(f"{quoted(text, 40)} is not {what}.", f"There is {choices}.")
        open_fields = [wants(item) for item in self.fields if not item.option and item.name not in self.values]
        if open_fields:
            return BadRequest(f"{quoted(text, 40)} does not fit.", f"{self.said} takes {listed(open_fields)}.")
        meant = nearest(text, ("because", "help"))
        advice = f"Did you mean {code(meant)}?" if meant else f"A reason comes after {code('because')}."
        return BadRequest(f"{quoted(text, 40)} is one word too many for {self.said}.", advice)

    def _words(self) -> list[str]:
        own = [word for item in self.fields if item.name not in self.values for word in item.words]
        return own + [verb.word for verb in self.command.verbs if verb.word and not self.verb.word]

    # --- what was not typed

    def _bind(self, bound_service: str | None, bound_environment: str | None) -> None:
        """The channel fills both where both are missing; a needed environment it fills for its own service always."""
        service, environment = self.of(Kind.SERVICE), self.of(Kind.ENVIRONMENT)
        if service is None or bound_service is None:
            return
        typed = service.name in self.values
        self.values.setdefault(service.name, bound_service)
        if environment is None or bound_environment is None or self.values[service.name] != bound_service:
            return
        if environment.required or not typed:
            self.values.setdefault(environment.name, bound_environment)

    def _resolve_environment(self) -> None:
        """An alias becomes the environment's name, and the service must have it."""
        service, environment = self.of(Kind.SERVICE), self.of(Kind.ENVIRONMENT)
        typed = self.values.get(environment.name) if environment else None
        if environment is None or typed is None:
            return
        name = self.values.get(service.name) if service else None
        if name is None:
            self.values[environment.name] = self.environments.get(typed.lower(), typed)
            return
        own = environments_of(self.catalog.services[name])
        if typed.lower() not in own:
            choices = listed([code(known) for known in self.catalog.services[name].environments], "and")
            what = f"{name} has no environment {code(typed)}."
            raise BadRequest(what, f"It has {choices}.", self.verb.example, environment.name)
        self.values[environment.name] = own[typed.lower()]

    def of(self, kind: Kind) -> Field | None:
        return next((item for item in self.fields if item.kind is kind), None)

    def _missing(self, item: Field) -> Missing:
        what = f"{self.said} needs to know {'how' if item.kind is Kind.WORD else f'which {item.label}'}."
        if item.kind is Kind.SERVICE:
            choices = listed([code(name) for name in sorted(self.catalog.services)])
            return Missing(what, f"Add {choices}.", self.verb.example, item.name)
        if item.kind is Kind.ENVIRONMENT:
            service = self.of(Kind.SERVICE)
            own = self.catalog.services.get(self.values.get(service.name, "") if service else "")
            names = list(own.environments) if own else sorted(set(self.environments.values()))
            return Missing(what, f"Add {listed([code(name) for name in names])}.", self.verb.example, item.name)
        added = f"{code(item.option)} with {wants(item)}" if item.option else wants(item)
        return Missing(what, f"Add {added}.", self.verb.example, item.name)


_NO = object()
_ORDER = tuple(Kind)


def _by_kind(item: Field) -> int:
    return _ORDER.index(item.kind)
