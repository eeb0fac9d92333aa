"""Reads a history back: from PostgreSQL's tables, from Slack's messages, from the record of the releases."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import commands
from bot.db import events, runs, seal, timeline
from bot.db.database import Pool
from bot.domain.incident import IncidentId
from bot.domain.incident_card import entry_line
from bot.domain.run import Run, RunId
from bot.domain.run_lines import thread_line
from bot.domain.words import clean
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.things import Message
from bot.slack.mrkdwn import mrkdwn
from permissions.model import Risk
from tests.support.history import BackupRow, EntryRow, Fact, History, IncidentRow, RunRow, Said, Switches, VoteRow
from tests.support.yard import Yard


async def recall(pool: Pool, yard: Yard, slack: Workspace, eligible: Iterable[str] = ()) -> History:
    """All but what only the harness knows: what was typed, what was done outside, which troubles there were."""
    report = await seal.verify(pool)
    rows = await pool.fetch(_RUNS)
    facts = tuple(_fact(dict(row)) for row in await pool.fetch(_FACTS))
    return History(
        runs=tuple(RunRow(**{**row, "uuid": str(row["uuid"])}) for row in rows),
        facts=facts,
        votes=tuple(
            VoteRow(**row) for row in await pool.fetch("SELECT run_id AS run, voter, yes, digest FROM votes")
        ),
        locks=tuple(row["run_id"] for row in await pool.fetch("SELECT run_id FROM locks ORDER BY run_id")),
        deliveries={
            row["key"].hex(): row["run_id"]
            for row in await pool.fetch("SELECT key, run_id FROM deliveries WHERE run_id IS NOT NULL")
        },
        unsealed=await pool.fetchval("SELECT count(*) FROM outbox"),
        chain="" if report.whole else report.says,
        untold=tuple(row["key"] for row in await pool.fetch(_UNTOLD)),
        lines={row["id"]: await _lines(pool, row["id"]) for row in rows},
        switches=tuple(
            Switches(f"shop {name}", len(yard.switches(name)), len(yard.restarts(name))) for name in yard.names
        ),
        said=tuple(_said(message) for message in _messages(slack)),
        incidents=(found := tuple(IncidentRow(**row) for row in await pool.fetch(_INCIDENTS))),
        entries=tuple([entry for one in found for entry in await _entries(pool, one.id)]),
        backups=tuple(BackupRow(**row) for row in await pool.fetch(_BACKUPS)),
        marked=tuple(f"{one.channel}:{one.ts}" for one in _messages(slack) if "pushpin" in one.reactions),
        rooms=tuple(room.id for room in slack.state.channels.values() if room.name.startswith("inc-")),
        eligible=frozenset(eligible),
    )


_RUNS = """
    SELECT r.id, r.uuid, r.state, r.command, r.risk, r.actor,
           coalesce(r.service || ' ' || r.environment, '') AS place, r.lock, r.changed,
           r.settled_by IS NOT NULL AS settled, r.digest, coalesce(w.name, '') AS worker,
           r.approved_at IS NOT NULL AS approved, a.state AS approval, coalesce(a.need, 0) AS need
    FROM runs r LEFT JOIN workers w ON w.id = r.worker LEFT JOIN approvals a ON a.run_id = r.id
    ORDER BY r.id
"""
_FACTS = """
    SELECT coalesce(s.number, 0) AS number, e.id, e.run_id AS run, e.kind, e.actor,
           extract(epoch FROM e.at)::float8 AS at, p.body
    FROM events e LEFT JOIN event_seals s ON s.event_id = e.id LEFT JOIN event_payloads p ON p.event_id = e.id
    ORDER BY s.number NULLS LAST, e.id
"""
_UNTOLD = "SELECT key FROM posts WHERE state IN ('intended', 'unknown') ORDER BY number"


_BACKUPS = "SELECT key AS label, value->>'file' AS file FROM records WHERE kind = 'backup' ORDER BY key"
_INCIDENTS = """
    SELECT id, run_id AS run, coalesce(place, '') AS place, coalesce(channel, '') AS channel
    FROM incidents
    ORDER BY id
"""


async def _entries(pool: Pool, incident: int) -> list[EntryRow]:
    found = await timeline.of_incident(pool, IncidentId(incident), hidden=True)
    return [
        EntryRow(incident, one.number, one.source, one.source_id, mrkdwn(entry_line(one)).strip())
        for one in sorted(found, key=lambda one: one.number)
    ]


def _fact(row: Mapping[str, object]) -> Fact:
    values: dict[str, Any] = dict(row)
    return Fact(**{**values, "body": json.loads(values["body"] or "{}")})


async def _lines(pool: Pool, run_id: int) -> tuple[str, ...]:
    """What the run's thread has to tell, made from its events and from nothing that the bot remembers of Slack."""
    run = await runs.get(pool, RunId(run_id))
    assert run is not None
    if run.risk is Risk.READ or _answered_here(run):  # its answer tells all
        return ()
    told = [thread_line(event, run, _name) for event in await events.of_run(pool, run.id)]
    return tuple(line for one in told if one for line in mrkdwn(one).strip().split("\n"))


def _answered_here(run: Run) -> bool:
    """Where it was asked, and never rooted in a service's channel."""
    command = commands.find().get(run.command)
    return command is not None and any(verb.word == run.verb and verb.answers == "here" for verb in command.verbs)


def _name(person: str) -> str:
    return clean(person.removeprefix("U0").capitalize())


def _messages(slack: Workspace) -> Iterable[Message]:
    return (message for channel in slack.state.messages.values() for message in channel.values())


def _said(message: Message) -> Said:
    key = str(((message.metadata or {}).get("event_payload") or {}).get("key", ""))
    return Said(
        message.channel, message.ts, message.thread_ts, key, _whole(message) if ":timeline:" in key else message.text
    )


def _whole(message: Message) -> str:
    """What its blocks say: the text beside them is cut where it gets long."""
    return "\n".join(block["text"]["text"] for block in message.blocks if block["type"] == "section")
