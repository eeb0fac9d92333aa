"""Markdown on paper: every kind of node is set, and nobody's words are an instruction."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.report.typeset import pdf

AT = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
DOCUMENT = """# Title

Words with **bold**, *soft*, `code`, a [link](https://example.com), a [bad one](javascript:alert) and a
new line\\
after it.

- one
- two

1. first

> said

```
pre #formatted
```

| | |
| --- | --- |
| Fact | value |

| UTC | What | Who |
| --- | --- | --- |
| 14:02 | something | Ana |

---

![Picture](p.svg)

![Missing](other.svg)
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10"/></svg>'


def test_every_kind_of_node_is_set() -> None:
    made = pdf(DOCUMENT, {"p.svg": SVG}, running_title="Title", made_at=AT)
    assert made.startswith(b"%PDF-")
    assert len(made) > 10_000  # its fonts are in it


@pytest.mark.parametrize(
    "words", ["#panic()", '#read("/etc/passwd")', "$x$ @label <label> = head", "a" * 5000, "漢字 😀 שלום"]
)
def test_words_are_never_an_instruction(words: str) -> None:
    assert pdf(f"# {words}\n\n{words}\n\n`{words}`\n", {}, running_title=words, made_at=AT).startswith(b"%PDF-")


def test_the_same_document_is_the_same_file() -> None:
    made = [pdf(DOCUMENT, {"p.svg": SVG}, running_title="Title", made_at=AT) for _ in range(2)]
    assert made[0] == made[1]


@pytest.mark.heavy
def test_its_words_can_be_found_again(tmp_path: Path) -> None:
    """With poppler's pdftotext, where it is installed."""
    (tmp_path / "a.pdf").write_bytes(pdf(DOCUMENT, {"p.svg": SVG}, running_title="Title", made_at=AT))
    try:
        found = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("pdftotext is not installed")
    for words in ("Title", "something", "pre #formatted", "1 of 2", "2026-11-20 14:02 UTC"):
        assert words in found.stdout.decode()
