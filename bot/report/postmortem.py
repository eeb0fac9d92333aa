"""A post-mortem's draft from a template: the one that comes with the bot, or your own.

Templates are Jinja in a sandbox: they can place and repeat what is known, and reach nothing else.
"""

from importlib.resources import files

from jinja2 import TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.domain.incident_report import IncidentReport, Names
from bot.domain.postmortem import Postmortem, fields

_LONGEST = 400_000
_OURS = files("bot.report").joinpath("postmortem.md")
_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)


class WrongTemplate(Exception):
    """The template cannot be filled in; the text names its line and the remedy."""


def draft(report: IncidentReport, postmortem: Postmortem, names: Names, *, template: str | None = None) -> str:
    """Markdown. template: the text of your own; raises WrongTemplate when it cannot be filled in."""
    known = fields(report, postmortem, names)
    try:
        made = _SANDBOX.from_string(_OURS.read_text() if template is None else template).render(known)
    except TemplateSyntaxError as error:
        raise WrongTemplate(f"line {error.lineno}: {error.message}") from None
    except UndefinedError as error:
        raise WrongTemplate(f"{error.message}; it may use {', '.join(sorted(known))}") from None
    except SecurityError as error:
        raise WrongTemplate(f"{error.message}: a template only places what is known") from None
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise WrongTemplate(str(error)) from None
    if len(made) > _LONGEST:
        raise WrongTemplate(f"what it makes is longer than {_LONGEST:,} characters")
    return made
