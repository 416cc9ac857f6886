"""What a terminal shows: words that are never broken, bold and colour; plain text everywhere else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from documents import typed
from hypothesis import given
from hypothesis import strategies as st

from flexopt.cli.printing import show_warnings
from flexopt.cli.terminal import show_text

Document = dict[str, Any]
Show = Callable[..., str]

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
LONG = (
    "error: usage/2025.csv:118: column `date`: " + "every word of this sentence stays whole, " * 4 + "[U104]"
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Show:
    """The text as a terminal of 80 columns receives it."""
    for name, value in (("COLUMNS", "80"), ("TERM", "xterm"), ("NO_COLOR", ""), ("FORCE_COLOR", "")):
        monkeypatch.setenv(name, value)

    def show(text: str, bold: tuple[int, ...] = (), stream: type[io.StringIO] = Terminal) -> str:
        place = stream()
        show_text(text, place, bold=bold)
        return place.getvalue()

    return show


def test_an_error_is_red_and_its_hint_right_below(show: Show) -> None:
    lines = show(
        f"{LONG}\n\nhint: write this to people.csv:\nuser,leaves\n{'a' * 90},2025-07-01"
    ).splitlines()
    assert lines[0].startswith("\x1b[31m\x1b[1merror:\x1b[0m usage/2025.csv:118: column `date`: every word")
    plain = [ESCAPE.sub("", line) for line in lines]
    assert " ".join(" ".join(plain[:3]).split()) == LONG
    assert [line[:2] for line in plain[1:3]] == ["  ", "  "]
    # lines to paste stay as they are
    assert plain[3:] == ["  hint: write this to people.csv:", "user,leaves", f"{'a' * 90},2025-07-01"]
    assert all(line.startswith("\x1b[2m") for line in lines[3:])


def test_warnings_are_yellow_and_notes_are_called_notes(show: Show) -> None:
    assert show("warning: odd [U1]\n\ninfo: fine [U2]") == (
        "\x1b[33m\x1b[1mwarning:\x1b[0m odd [U1]\n\n\x1b[36m\x1b[1mnote:\x1b[0m fine [U2]\n"
    )


def test_headline_total_and_saving_stand_out(show: Show) -> None:
    said = show(
        "it saves 52,674 USD a year\n\ncost     USD\nseats  12.00\ntotal  12.00\n\n  total that is none", (0,)
    )
    assert said.split("\n\n") == [
        "\x1b[1mit \x1b[32msaves 52,674 USD\x1b[39m a year\x1b[0m",
        "\x1b[2mcost     USD\x1b[0m\nseats  12.00\n\x1b[1mtotal  12.00\x1b[0m",
        "  total that is none\n",
    ]


@pytest.mark.parametrize(
    ("env", "stream", "colour", "wrapped"),
    [
        ({}, Terminal, True, True),
        ({"NO_COLOR": "1"}, Terminal, False, True),
        ({"TERM": "dumb"}, Terminal, False, True),
        ({}, io.StringIO, False, False),
        ({"FORCE_COLOR": "1"}, io.StringIO, True, False),
        ({"FORCE_COLOR": "0"}, io.StringIO, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, io.StringIO, False, False),
    ],
)
def test_where_colour_is(  # noqa: PLR0917
    show: Show,
    monkeypatch: pytest.MonkeyPatch,
    env: dict[str, str],
    stream: type[io.StringIO],
    colour: bool,
    wrapped: bool,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    text = f"{LONG}\n\nhint: look"
    said = show(text, (), stream)
    assert ("\x1b" in said) == colour
    plain = ESCAPE.sub("", said)
    assert (plain == f"{text}\n") == (not wrapped)
    assert (max(map(len, plain.splitlines())) <= 80) == wrapped


@given(st.text("aé東 -/.\n", max_size=300), st.integers(20, 120))
def test_no_word_is_broken(text: str, columns: int) -> None:
    place = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        patch.setenv("NO_COLOR", "1")
        show_text(text, place)
    assert place.getvalue().split() == text.split()


def test_warnings_are_short_on_a_terminal(
    document: Document, monkeypatch: pytest.MonkeyPatch, show: Show
) -> None:
    leavers = "\n".join(f"user-{n},2025-07-01" for n in range(40))
    finding = {"severity": "warning", "row": None, "column": "", "count": 1, "file": "usage"}
    document["findings"] = [
        finding | {"code": "D105", "message": f"40 people left: {'somebody, ' * 40}", "hint": leavers},
        finding | {"code": "U184", "message": "Zoë has two emails: a, b", "hint": "decide"},
        finding | {"code": "U184", "message": "Tim has two emails: c, d", "hint": "decide"},
        finding | {"code": "T320", "severity": "info", "message": "a note", "hint": ""},
    ]
    other = document | {"findings": [document["findings"][0] | {"message": "41 people left: x"}]}
    place = Terminal()
    monkeypatch.setattr("sys.stderr", place)
    show_warnings([typed(document), typed(other)], "flexopt check s.yaml")
    said = ESCAPE.sub("", place.getvalue())
    head, first, second, last = said.strip().splitlines()
    assert head == "3 warnings: `flexopt check s.yaml` says what to do"
    assert first.startswith("  usage: 40 people left: somebody, somebody")
    assert second.startswith("    ")
    assert second.endswith(" …")
    assert last == "  usage: Zoë has two emails: a, b (and 1 more of this kind)"


def test_the_proof_in_figures_and_the_times_are_behind_v(call: Callable[..., Any], folder: Path) -> None:
    short, long = call("plan", "scenario.yaml"), call("plan", "scenario.yaml", "-v")
    words = " ".join(short.stdout.split())
    assert (
        "Proof: no plan for these prices and rules costs less; the plan was then replayed day by day and "
        "its bill added up again, without the solver" in words
    )
    for text in ("lower bound", "CBC"):
        assert text not in words
        assert text in long.stdout
    assert "time: " not in short.stderr
    assert "time: " in long.stderr
