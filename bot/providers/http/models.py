"""The catalog's `health` section: one check or a list of them."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, model_validator

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def _length(value: object) -> object:
    """`500ms` as a duration; anything else is left for pydantic to refuse or take."""
    if value is None or isinstance(value, timedelta):
        return value
    found = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("write a length of time like 500ms or 2s")
    return timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


Length = Annotated[timedelta, BeforeValidator(_length)]
Scalar = str | bool | int | float | None


class HealthCheck(BaseModel):
    """One address and what it must answer. follow: whether redirects are followed (then the last answer counts)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(default="/", pattern=r"^/([^/\s#][^\s#]*)?$")
    name: str = Field(default="", max_length=40)
    status: int = Field(default=200, ge=100, le=599)
    expect: dict[str, Scalar] = Field(default_factory=dict)
    slow: Length | None = None
    tries: int = Field(default=5, ge=1, le=20)
    timeout: Length = timedelta(seconds=5)
    follow: bool = False

    @property
    def title(self) -> str:
        """Its own name, else the last word of its path: Home, Health."""
        if self.name:
            return self.name
        last = self.path.partition("?")[0].rstrip("/").rpartition("/")[2]
        return last.replace("-", " ").replace("_", " ").capitalize() if last else "Home"


class HealthSettings(RootModel[list[HealthCheck]]):
    """At least one check; names are distinct, so that each line of a card means one thing."""

    root: list[HealthCheck] = Field(min_length=1, max_length=20)

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _distinct(self) -> "HealthSettings":
        names = [one.title for one in self.root]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two checks are called {', '.join(twice)}: give each a `name` of its own")
        return self
