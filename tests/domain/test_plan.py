"""What an approver reads of a plan, whatever its command took over from others."""

import pytest

from bot.domain.plan import Plan, sober
from bot.domain.words import BOLD, CODE, bold, channel, code, link, person

SAID = f"{bold('b')} {code('c')} {person('U0MIA')} {link('https://evil.example', 'bank')} {channel('C0GENERAL')}"
CALM = f"{bold('b')} {code('c')} U0MIA bank C0GENERAL"


def test_marks_stay_where_a_command_sets_them_and_lead_nowhere() -> None:
    plan = sober(Plan(SAID, SAID, SAID, SAID, {"bound": SAID}, (SAID,), SAID, None, None, SAID, SAID, (SAID,)))
    assert {plan.question, plan.button, plan.go, *plan.steps} == {"b c U0MIA https://evil.examplebank C0GENERAL"}
    assert {plan.summary, plan.now, plan.raises_because, plan.nothing_to_do} == {CALM}
    assert plan.tells == (CALM.replace("U0MIA", person("U0MIA")),)
    assert plan.binds == {"bound": SAID}


@pytest.mark.parametrize("text", ["", "9f8e7d6 → 4c1d2a7", f"{BOLD}{CODE}", bold("b")])
def test_what_was_clean_stays_as_it_is(text: str) -> None:
    assert sober(Plan("", text, "", "", {}, (text,))).summary == text
