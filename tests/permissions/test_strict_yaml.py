"""The strict loader: what it reads, on which line it says things stand, and each trap that it refuses."""

import pytest

from permissions.strict_yaml import DEEPEST, LONGEST, YamlProblems, load, read


def problems_of(text: str) -> list[str]:
    with pytest.raises(YamlProblems) as caught:
        load(text, "catalog.yml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", None),
        ("a: 1", {"a": 1}),
        ("a: -7\nb: 0", {"a": -7, "b": 0}),
        ("a: 0.80", {"a": 0.8}),
        ("a: true\nb: false", {"a": True, "b": False}),
        ("a:\nb: ~", {"a": None, "b": None}),
        ("a: [x, 'y', \"z\"]", {"a": ["x", "y", "z"]}),
        ("a: {run: [pnpm, test]}", {"a": {"run": ["pnpm", "test"]}}),
        ('a: "14:02"', {"a": "14:02"}),
        ("a: 'yes'", {"a": "yes"}),
        ("a: 2026-03-01", {"a": "2026-03-01"}),
        ("a: 03:30", {"a": "03:30"}),
        ("a: $SHOP_DB", {"a": "$SHOP_DB"}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("a: 123456789012345678", {"a": 123456789012345678}),
        ("ä: grün 🙂", {"ä": "grün 🙂"}),
    ],
)
def test_plain_values_are_read_as_they_look(text: str, data: object) -> None:
    assert load(text, "catalog.yml").data == data


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3", ":3: 'a' is written twice; the first is on line 1. Keep one of them."),
        ("a:\n  x: 1\n  x: 1", ":3: 'x' is written twice; the first is on line 2. Keep one of them."),
        ("l: [{x: 1, x: 2}]", ":1: 'x' is written twice; the first is on line 1. Keep one of them."),
        ("on: [a]", ":1: 'on' as a name is read as true. Write \"on\" in quotes."),
        ("No: x", ":1: 'No' as a name is read as false. Write \"No\" in quotes."),
        ("404: x", ":1: '404' as a name is read as 404. Write \"404\" in quotes."),
        ("~: x", ":1: '~' as a name is read as nothing. Write \"~\" in quotes."),
        (
            "protected: no",
            ":1: 'no' is read as false. Write true or false; if the word is meant, \"no\" in quotes.",
        ),
        (
            "a: ON",
            ":1: 'ON' is read as true. Write true or false; if the word is meant, \"ON\" in quotes.",
        ),
        ("at: 14:02", ":1: '14:02' is read as 842. Write \"14:02\" in quotes."),
        ("a: 1:30.5", ":1: '1:30.5' is read as 90.5. Write \"1:30.5\" in quotes."),
        ("commit: 0123456", ":1: '0123456' is read as 42798. Write \"0123456\" in quotes."),
        ("a: 0x1f", ":1: '0x1f' is read as 31. Write \"0x1f\" in quotes."),
        ("a: 0x_", ":1: '0x_' is read as a number. Write \"0x_\" in quotes."),
        ("a: 1_000", ":1: '1_000' is read as 1000. Write \"1_000\" in quotes."),
        ("a: .inf", ":1: '.inf' is read as inf. Write \".inf\" in quotes."),
        (
            "? [a]\n: b",
            ":1: a list or a mapping stands where a name must be. Put the name before the colon.",
        ),
        (
            "a: &x [1]\nb: *x",
            ":2: '*x' repeats another part of the file. Write it out: this file is read by people.",
        ),
        (
            "a: &x [*x]",
            ":1: '*x' repeats another part of the file. Write it out: this file is read by people.",
        ),
        (
            "<<: {a: 1}",
            ":1: '<<' copies another part of the file. Write it out: this file is read by people.",
        ),
        (
            "a: !!python/tuple [1]",
            ":1: the tag 'tag:yaml.org,2002:python/tuple' is not read here. Leave it out, or use quotes.",
        ),
        ("a: 1\n---\nb: 2", ":2: a second document starts here ('---'). Keep one document a file."),
        ("a:\n\t- b", ":2: a tab stands at the start of the line. Indent with spaces."),
        ("a: 1\nb: \x07", ":2: a control character stands here. Delete it and type the line again."),
        ("x" * (LONGEST + 1), ": the file is longer than 1,000,000 characters. Is it the right file?"),
        (
            "a: " + "[" * (DEEPEST + 1),
            f":1: this is nested more than {DEEPEST} levels deep. Close some brackets.",
        ),
    ],
)
def test_each_trap_is_refused_with_its_line_and_remedy(text: str, told: str) -> None:
    assert problems_of(text) == ["catalog.yml" + told]


def test_what_is_no_yaml_says_where_and_where_it_began() -> None:
    (told,) = problems_of("a: 1\nb: [1, 2\nc: 3\n")
    assert told.startswith("catalog.yml:3: this is not YAML: ")
    assert "(it began on line 2)" in told
    assert told.endswith("Look for a missing quote, bracket, colon or indent here or just above.")


def test_all_traps_of_a_file_are_told_at_once_from_top_to_bottom() -> None:
    told = problems_of("on: 1\nb: 14:02\nc: yes\nb: 2\n")
    assert [line.split(":")[1] for line in told] == ["1", "2", "3", "4"]


def test_every_path_knows_its_line_and_an_unwritten_one_the_line_of_its_parent() -> None:
    located = load("services:\n  shop:\n    channels: {cards: C1}\n    run:\n      - a\n      - b\n", "catalog.yml")
    assert located.line_of(("services",)) == 1
    assert located.line_of(("services", "shop")) == 2
    assert located.line_of(("services", "shop", "channels", "cards")) == 3
    assert located.line_of(("services", "shop", "run", 1)) == 6
    assert located.line_of(("services", "shop", "environments", "staging")) == 2
    assert load("", "catalog.yml").line_of(("services",)) == 0


def test_read_hands_out_the_data_beside_the_traps() -> None:
    located, problems = read("a: 1\na: 2\nat: 14:02", "policy.yml")
    assert located.data == {"a": 1, "at": "14:02"}
    assert [problem.line for problem in problems] == [2, 3]
