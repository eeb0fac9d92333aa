"""Structured logs: one line an event, with fields; secrets are removed whoever put them there."""

import logging
import re
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping, MutableMapping
from typing import TextIO

import structlog

_SECRET = re.compile(
    r"xox[abeprs]-[\w-]+|xapp-[\w-]+|sk_(?:live|test)_\w+|rk_(?:live|test)_\w+|whsec_\w+|sbp_\w+"
    r"|(?<=://)[^/\s:@]*:[^\s/]+(?=@)|(?:(?<=https://)|(?<=http://))[^/\s]+(?=@)|hooks\.slack(?:-gov)?\.com/[^\s'\",)]+"
)


def redact(text: str) -> str:
    """Tokens, keys and passwords in URLs, by their shape."""
    return _SECRET.sub("[redacted]", text)


def _redact_fields(_: object, __: str, fields: MutableMapping[str, object]) -> MutableMapping[str, object]:
    return {name: _redacted(value) for name, value in fields.items()}


def _redacted(value: object) -> object:
    match value:
        case str():
            return redact(value)
        case Mapping():
            return {name: _redacted(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redacted(one) for one in value]
        case _:
            return value


class Seldom:
    """Whether something may be logged again: what strangers can cause fills no disk."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, every_s: float = 10.0) -> None:
        self._clock = clock
        self._every_s = every_s
        self._logged: dict[str, float] = {}

    def due(self, what: str) -> bool:
        if self._clock() - self._logged.get(what, float("-inf")) <= self._every_s:
            return False
        self._logged[what] = self._clock()
        return True


class Redacting(logging.Formatter):
    """Lines of the libraries, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _traceback(out: TextIO, error: structlog.typing.ExcInfo) -> None:
    """Without the values of variables, among which are addresses and tokens."""
    out.write("\n" + redact("".join(traceback.format_exception(*error))))


def configure(*, json: bool | None = None) -> None:
    """JSON lines, or colours where a person watches; the standard library's loggers are told to warn only."""
    as_json = not sys.stderr.isatty() if json is None else json
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if as_json
        else structlog.dev.ConsoleRenderer(exception_formatter=_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if as_json else []),
            _redact_fields,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)  # it warns of SLACK_BOT_TOKEN beside our own authorize
    logging.getLogger("asyncpg").setLevel(logging.ERROR)  # its pool tells each vain attempt with a traceback
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(Redacting("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[libraries])


def silence() -> None:
    """For commands whose answer is all that the terminal is to show."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.ERROR)
    warnings.simplefilter("ignore")
