"""What the weekly report says of a week: what needs somebody first, and nothing that is not known."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.away import Gap
from bot.domain.card import Card, Chart, Table, Tone
from bot.domain.run import RunId, State
from bot.domain.weekly import Asked, Frozen, Stale, Trouble, Unvoted, Week, slowest_but_a_tenth, typical
from bot.domain.weekly_card import weekly_card
from bot.domain.words import plain

BEGIN = datetime(2026, 11, 16, 9, tzinfo=UTC)
END = BEGIN + timedelta(days=7)
ROLLBACK = "/rollback shop production"


def asked(
    number: int, state: State = State.SUCCEEDED, *, day: int = 0, waited: float | None = None, **more: object
) -> Asked:
    wait = None if waited is None else timedelta(minutes=waited)
    facts = {"command": "/rollback", "verb": "", "line": ROLLBACK, "service": "shop", "environment": "production"}
    at = BEGIN + timedelta(days=day, hours=1)
    return Asked(RunId(number), state=state, created_at=at, waited=wait, **{**facts, **more})  # type: ignore[arg-type]


def backup(number: int, state: State, verb: str = "db") -> Asked:
    return asked(number, state, command="/backup", verb=verb, line=f"/backup {verb} shop production")


def alone(number: int, verdict: str = "") -> Unvoted:
    reviewer = "Chi" if verdict else ""
    return Unvoted(RunId(number), ROLLBACK, "shop", "production", "alone", "Ana", BEGIN, reviewer, verdict)


def week(**facts: object) -> Week:
    return Week(BEGIN, END, **facts)  # type: ignore[arg-type]


def text(card: Card) -> str:
    return "\n".join(plain(part) for part in card.body if isinstance(part, str))


def charts(card: Card) -> dict[str, Chart]:
    return {part.title: part for part in card.body if isinstance(part, Chart)}


def test_a_week_in_which_nothing_happened_is_a_short_card() -> None:
    card = weekly_card(week(places=4))
    assert (card.tone, card.title) == (Tone.OK, "The week Mon 16 Nov – Mon 23 Nov")
    assert text(card) == (
        "To do Nothing: no review, no proof and no outcome is open.\n"
        "Nothing was asked of me; I watched 4 places, all fine."
    )
    assert not charts(card)


def test_what_needs_somebody_comes_first_the_most_urgent_first() -> None:
    card = weekly_card(
        week(
            asked=[backup(3, State.FAILED), asked(4, State.INTERRUPTED, unsettled=True)],
            unvoted=[alone(2), alone(1, "fine")],
            failing=["blog production"],
            troubles=[
                Trouble(
                    "INC-7",
                    "checkout answers 500",
                    "shop",
                    "SEV2",
                    opened=True,
                    ongoing=False,
                    downtime=timedelta(minutes=22),
                    postmortem_due=True,
                )
            ],
            overdue=2,
            stale=Stale(gone=("mia",)),
        )
    )
    assert card.tone is Tone.WARN
    assert card.text == "The week Mon 16 Nov – Mon 23 Nov: 2 runs, 7 things to do."
    first, *lines = plain(str(card.body[0])).split("\n")
    assert first == "To do, the most urgent first"
    for line, (what, how) in zip(
        lines,
        [
            ("blog production fails now", "/health blog production"),
            ("Nobody knows how R-4", "/runs settle R-4 done|not-done because …"),
            ("R-2 /rollback shop production ran alone by Ana", "/runs review R-2 fine"),
            ("R-3 /backup db shop production did not succeed", "/backup db shop production"),
            ("INC-7 “checkout answers 500” wants a post-mortem", "/postmortem INC-7"),
            ("2 follow-ups", "/incident followup"),
            ("mia left Slack", "policy.yml"),
        ],
        strict=True,
    ):
        assert what in line
        assert how in line


def test_runs_are_counted_by_outcome_and_service_and_drawn_by_day() -> None:
    other = asked(4, State.DENIED, day=2, service="blog")
    card = weekly_card(week(asked=[asked(1), asked(2), asked(3, State.FAILED, day=2), other], looks=9))
    assert "Runs 4 runs and 9 looks: 2 succeeded, 1 failed, 1 did not run" in text(card)
    (table,) = [part for part in card.body if isinstance(part, Table)]
    assert table.head == ("Service", "Runs", "Succeeded", "Failed", "Did not run")
    assert table.rows == (("shop", "3", "2", "1", "–"), ("blog", "1", "–", "–", "1"))
    chart = charts(card)["Runs per day"]
    assert chart.labels == ("Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22", "Mon 23")
    assert [(name, values[:3]) for name, values in chart.series] == [
        ("Succeeded", (2, 0, 0)),
        ("Failed", (0, 0, 1)),
        ("Did not run", (0, 0, 1)),
    ]


def test_days_are_those_of_the_people_on_call() -> None:
    madrid = Week(BEGIN, END, ZoneInfo("Europe/Madrid"))
    at_night = Asked(
        RunId(1), "/x", "", "/x", "shop", "production", State.SUCCEEDED, BEGIN.replace(hour=23, minute=30)
    )
    assert madrid.day_of(at_night).day == 17


@pytest.mark.parametrize(
    ("minutes", "middle", "most"),
    [([4], 4, 4), ([1, 3], 2, 3), ([1, 2, 3, 4, 5, 6, 7, 8, 9, 60], 5.5, 9), ([5, 1, 3], 3, 5)],
)
def test_how_long_approvals_took(minutes: list[int], middle: float, most: int) -> None:
    waits = [timedelta(minutes=one) for one in minutes]
    assert typical(waits) == timedelta(minutes=middle)
    assert slowest_but_a_tenth(waits) == timedelta(minutes=most)


def test_the_time_to_approve_is_told_and_drawn_for_days_that_had_one() -> None:
    card = weekly_card(
        week(asked=[asked(1, waited=2), asked(2, waited=6), asked(3, day=3, waited=30), asked(4, day=5)])
    )
    assert "Time to approve half of 3 approvals within 6 min, nine of ten within 30 min" in text(card)
    chart = charts(card)["Time to approve"]
    assert chart.labels == ("Mon 16", "Thu 19")
    assert chart.series == (("Median", (4.0, 30.0)), ("Longest", (6.0, 30.0)))


def test_one_approval_is_not_drawn_and_none_is_not_told() -> None:
    assert "Time to approve" not in charts(weekly_card(week(asked=[asked(1, waited=2)])))
    assert "Time to approve" not in text(weekly_card(week(asked=[asked(1)])))


def test_denials_and_refusals_are_told_with_their_reasons_each_once() -> None:
    denied = [asked(n, State.DENIED, because="Denied by Ben: a release is on its way.") for n in (1, 2)]
    refused = [asked(n, State.REFUSED, because="Eli may not roll back shop: no role gives it.") for n in (3, 4, 5)]
    told = text(weekly_card(week(asked=[*denied, asked(6, State.EXPIRED)], refused=refused)))
    assert "2 × /rollback shop production: denied by Ben: a release is on its way" in told
    assert "• /rollback shop production expired" in told
    assert "3 × refused: Eli may not roll back shop: no role gives it." in told


def test_what_failed_is_named_with_its_reason_and_a_failed_backup_in_its_own_section() -> None:
    told = text(
        weekly_card(
            week(asked=[asked(1, State.FAILED, because="The new\nrelease answers 500."), backup(2, State.FAILED)])
        )
    )
    assert "Failed\n• R-1 /rollback shop production: The new release answers 500.\nBackups" in told


def test_a_failed_proof_that_was_mended_since_needs_nobody() -> None:
    card = weekly_card(week(asked=[backup(1, State.FAILED), backup(2, State.SUCCEEDED)]))
    assert card.tone is Tone.OK
    assert "R-1 /backup db shop production failed, a later one succeeded" in text(card)


def test_a_verification_is_not_mended_by_a_backup() -> None:
    card = weekly_card(week(asked=[backup(1, State.FAILED, "verify"), backup(2, State.SUCCEEDED)]))
    assert card.tone is Tone.WARN
    assert "R-1 /backup verify shop production failed, none succeeded since" in text(card)


def test_who_looked_at_what_ran_without_votes_is_said() -> None:
    told = text(weekly_card(week(unvoted=[alone(2), alone(1, "fine"), alone(3, "talk")])))
    assert "R-2 /rollback shop production ran alone by Ana: not looked at yet" in told
    assert "R-1 /rollback shop production ran alone by Ana: Chi found it right" in told
    assert "by Ana: Chi wants to talk about it" in told


def test_the_rest_of_the_week_is_a_line_each() -> None:
    told = text(
        weekly_card(
            week(
                freezes=[Frozen("shop production", "Ben", "release day", END + timedelta(hours=2), standing=True)],
                away=[Gap(BEGIN, BEGIN + timedelta(minutes=7), "bot")] * 2,
                alarms=3,
                places=2,
                missed=["/backup db shop production"],
            )
        )
    )
    assert "shop production by Ben, “release day”: stands until 2026-11-23 11:00 UTC" in told
    assert "I was away 2 times, 14 min in all" in told
    assert "3 alarms at 2 places, all fine now" in told
    assert "/backup db shop production was missed" in told


def test_what_nobody_uses_is_said_carefully() -> None:
    since = END - timedelta(days=90)
    stale = Stale((), ("auditor", "dba"), (("operators may change in blog", "policy.yml:8"),), since)
    told = text(weekly_card(week(stale=stale)))
    assert told.endswith(
        "Not used by anybody since 2026-08-25 09:00 UTC\n"
        "• the role “auditor”\n• the role “dba”\n• “operators may change in blog” (policy.yml:8)\n"
        "Keep what is for bad days or newer than that; take the rest out of policy.yml."
    )
    assert weekly_card(week(stale=stale)).tone is Tone.OK


def test_a_button_leads_to_each_run_that_somebody_has_to_look_at() -> None:
    card = weekly_card(
        week(asked=[asked(4, State.INTERRUPTED, unsettled=True)], unvoted=[alone(2), alone(1, "fine")])
    )
    assert [button.ask for button in card.buttons] == ["/runs show R-4", "/runs show R-2"]


def test_what_ran_by_schedule_is_counted_apart() -> None:
    card = weekly_card(week(asked=[asked(1), asked(2, scheduled=True)]))
    assert "Runs 2 runs (1 by schedule): 2 succeeded" in text(card)


def test_a_long_list_says_where_the_rest_is() -> None:
    refused = [asked(n, State.REFUSED, because=f"Reason {n}.") for n in range(8)]
    assert "• and 3 more: /audit has them" in text(weekly_card(week(refused=refused)))


def test_a_reader_of_some_places_is_told_so() -> None:
    assert "only places that you may look at" in weekly_card(week(whole=False)).footer
