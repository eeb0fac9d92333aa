"""However marks and others' words are put together: what Slack reads is what we marked, and nothing else."""

import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.words import (
    BOLD,
    CHANNEL,
    CODE,
    END,
    LINK,
    PERSON,
    SPLIT,
    WHEN,
    bold,
    clean,
    code,
    italic,
    link,
    quoted,
)
from bot.domain.words import channel as channel_mark
from bot.domain.words import person as person_mark
from bot.slack.mrkdwn import elements, mrkdwn, plain_text
from tests.support.examples import TIMES

ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
EVIL = "https://evil.example/"
OURS = "https://shop.example/?a=1&b=2"

pieces = st.sampled_from(
    [
        *(
            "<!channel>",
            "<!here|x>",
            "<!subteam^S1>",
            "<@U0MIA>",
            "<#C0GENERAL>",
            f"<{EVIL}|bank>",
            EVIL,
            "|",
            ">",
            "<",
        ),
        *(
            "&lt;!channel&gt;",
            "&amp;lt;",
            "```",
            "`",
            "*",
            "_",
            "~",
            "\n",
            "\n> ",
            "\r",
            "\0",
            "\u202e",
            "\ud800",
            " ",
        ),
        *(
            PERSON,
            CHANNEL,
            LINK,
            CODE,
            BOLD,
            WHEN,
            END,
            SPLIT,
            f"{PERSON}U0MIA{END}",
            f"{LINK}{EVIL}{SPLIT}bank{END}",
        ),
        f"{WHEN}2026-11-20T03:07:12+00:00{SPLIT}clock{END}",
    ]
)
outside = st.lists(st.one_of(pieces, st.text(max_size=6)), max_size=8).map("".join)

Part = tuple[str, str]  # as the bot puts it, and the token that Slack is to read in it: "" none
parts = st.one_of(
    outside.map(lambda said: (clean(said), "")),
    outside.map(lambda said: (bold(said), "")),
    outside.map(lambda said: (italic(said), "")),
    outside.map(lambda said: (quoted(said), "")),
    outside.map(lambda said: (code(said), "`")),
    outside.map(lambda said: (link(OURS, said), OURS)),
    outside.map(lambda said: (link(f"javascript:{said}", said), "")),
    st.just((person_mark("U0BEN"), "@U0BEN")),
    st.just((channel_mark("C0SHOPOPS"), "#C0SHOPOPS")),
    outside.map(lambda said: (person_mark(f"U0BEN {said}"), "")),
)
several = st.lists(parts, max_size=6)


def read(text: str) -> list[str]:
    """Every reference as Slack reads it: what stands between angles, up to its label."""
    assert not re.search(r"[<>]", re.sub(r"<[^<>]*>", "", text)), text
    found = [inside.partition("|")[0] for inside in re.findall(r"<([^<>]*)>", text)]
    return [re.sub("&(?:amp|lt|gt);", lambda entity: ENTITIES[entity[0]], one) for one in found]


def meant(made: Sequence[Part]) -> list[str]:
    return [token for _, token in made if token not in ("", "`")]


@settings(max_examples=60 * TIMES)
@given(several)
def test_slack_reads_the_references_that_we_made_and_no_others(made: list[Part]) -> None:
    shown = mrkdwn("".join(words for words, _ in made))
    assert read(shown) == meant(made)
    spans = [words for words, token in made if token == "`"]
    assert shown.count("`") == 2 * sum(bool(mrkdwn(words)) for words in spans)
    assert not re.search("[\ue000-\uf8ff\ud800-\udfff\u202e\0]", shown)


@settings(max_examples=60 * TIMES)
@given(several)
def test_a_rich_text_holds_what_we_made_and_no_other_reference(made: list[Part]) -> None:
    found = elements("".join(words for words, _ in made))
    told = [
        str(one.get("url") or f"@{one.get('user_id')}" if one["type"] != "channel" else f"#{one['channel_id']}")
        for one in found
        if one["type"] != "text"
    ]
    assert told == meant(made)


@settings(max_examples=40 * TIMES)
@given(outside)
def test_what_was_said_is_shown_as_it_was_said(said: str) -> None:
    """But for characters that are ours or nobody's, and the signs that would be read as marks."""
    shown = re.sub("&(?:amp|lt|gt);", lambda entity: ENTITIES[entity[0]], mrkdwn(clean(said)))
    assert shown == clean(said).replace("`", "ˋ")
    assert plain_text(clean(said)) == clean(said).strip()
