"""A command's record says what can be kept: what cannot is refused when the process starts."""

from typing import Any

import pytest

from bot.domain.command import Verb
from permissions.model import DEPLOY_ROLLBACK, Risk


async def nothing(*_: object) -> Any: ...


@pytest.mark.parametrize("risk", Risk)
def test_what_may_need_votes_has_a_plan_for_which_they_are_given(risk: Risk) -> None:
    Verb("", dict, nothing, nothing, DEPLOY_ROLLBACK, risk, "Does it.", "/poke shop")
    if risk in (Risk.READ, Risk.RECORD):
        Verb("", dict, None, nothing, DEPLOY_ROLLBACK, risk, "Does it.", "/poke shop")
    else:
        with pytest.raises(ValueError, match=rf"`/poke shop` is of the risk '{risk}' and makes no plan"):
            Verb("", dict, None, nothing, DEPLOY_ROLLBACK, risk, "Does it.", "/poke shop")
