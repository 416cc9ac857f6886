"""Nobody's name leaves the house with codes, or without people; and codes stay what they are."""

from __future__ import annotations

import csv
import os
import stat
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from documents import HOSTILE, data, typed
from hypothesis import given
from hypothesis import strategies as st
from whole import with_everything

from flexopt.base.columns import ColumnTable
from flexopt.base.errors import FlexoptError
from flexopt.exports import people
from flexopt.exports.people import WITHHELD
from flexopt.store import seal

Document = dict[str, Any]


def pseudonymise(document: Document, key: Path) -> Document:
    return data(people.pseudonymise(typed(document), key))


def without_people(document: Document) -> Document:
    return data(people.without_people(typed(document)))


def render(document: Document) -> bytes:
    return seal.render(typed(document))


@pytest.fixture
def full(document: Document) -> Document:
    """Names in every place that can have one, and nowhere else: no other text has `zz` in it."""
    names = {row["user"]: f"zz{n} {row['user']}@example.com" for n, row in enumerate(document["assignment"])}
    document = with_everything(document)
    document["assignment"] = [row | {"user": names[row["user"]]} for row in document["assignment"]]
    names["gone"] = "zz gone"
    document["left_out"] = [{"user": names["gone"], "product": "AutoCAD", "days": 3, "reason": "rule"}]
    document["scenario"]["policy"]["rules"] = [
        {"user": "zz ruled", "group": None, "product": None, "access": "flex"},
        {"user": None, "group": "Site", "product": None, "access": "flex"},
    ]
    who, *_ = names.values()
    document["comparison"]["changes"] = [
        {"scenario": "quote-2", "user": "zz changed", "product": "AutoCAD", "before": "", "after": "Flex"}
    ]
    document["comparison"]["notes"] = [
        {"plan": "quote-1", "quote": "quote-2", "note": f"no seat for {who}, zz ruled"}
    ]
    move = {"product": "AutoCAD", "group": "", "move": "keep", "before": "", "after": "", "saving": None}
    document["review"] |= {
        "moves": [{"user": "zz moved", **move}, {"user": who, **move}],
        "double_use": [{"user": "zz double", "product": "AutoCAD", "offer": "a", "flex_days": 3}],
        "idle": [{"user": "zz idle", "product": "AutoCAD", "offer": "a", "last_use": None}],
        "leavers": [{"user": "zz leaver", "product": "AutoCAD", "offer": "a", "leaves": "2025-01-01"}],
    }
    document["review"]["checks"][0] |= {"message": f"zz idle, {who} and others", "repair": f"ask `{who}`"}
    place = {"severity": "warning", "file": "people.csv", "row": 3, "column": "", "count": 1}
    document["findings"] = [
        place | {"code": "U123", "message": 'differ only in case: "zz unknown", "ZZ unknown"', "hint": ""},
        place
        | {"code": "U122", "message": 'the id "zzhash" is shown with (zz@a.example, zz@b…', "hint": "zz"},
        place
        | {"code": "S219", "message": "no user `zz typo` in the people table", "hint": "did you mean `zz?`"},
        place | {"code": "T113", "message": '"zz one" and "zz  one" differ', "hint": "write zz one way"},
        place | {"code": "S228", "message": f"`{who}` is there twice", "hint": f'delete "{who}"'},
    ]
    return document


def key(path: Path) -> dict[str, str]:
    with path.open(newline="", encoding="utf-8") as file:
        return {row["user"]: row["code"] for row in csv.DictReader(file)}


def test_no_name_is_left_with_codes(full: Document, tmp_path: Path) -> None:
    coded = pseudonymise(full, tmp_path / "key.csv")
    assert "zz" in render(full).decode()
    assert "zz" not in render(coded).decode().lower()
    known = key(tmp_path / "key.csv")
    assert sorted(known) == sorted({*_users(full)})
    assert sorted(known.values()) == [f"person-{n:04}" for n in range(1, len(known) + 1)]
    # what was said of whom is now said of their code
    who = full["assignment"][0]["user"]
    assert coded["review"]["checks"][0]["message"] == f"{known['zz idle']}, {known[who]} and others"
    assert coded["findings"][4]["message"] == f"`{known[who]}` is there twice"
    (row,) = (r for r in coded["assignment"] if r["user"] == known[who])
    assert row == full["assignment"][0] | {"user": known[who]}
    assert coded["scenario"]["policy"]["rules"][0]["user"] == known["zz ruled"]
    assert coded["scenario"]["policy"]["rules"][1] == full["scenario"]["policy"]["rules"][1]


def _users(full: Document) -> list[str]:
    rows = [*full["assignment"], *full["left_out"], *full["comparison"]["changes"]]
    rows += [row for name in ("moves", "double_use", "idle", "leavers") for row in full["review"][name]]
    return [row["user"] for row in rows] + ["zz ruled"]


def test_no_name_and_no_row_is_left_without_people(full: Document) -> None:
    left = without_people(full)
    text = render(left).decode()
    assert "zz" not in text.lower()
    assert people.people_left_out(typed(left))
    assert not people.people_left_out(typed(full))
    assert (left["assignment"], left["left_out"], left["comparison"]["changes"]) == ([], [], [])
    assert all(not left["review"][name] for name in ("moves", "double_use", "idle", "leavers"))
    assert left["scenario"]["policy"]["rules"][0]["user"] == WITHHELD
    for name in ("total", "summary", "seats", "purchases", "ledger", "coverage", "proof", "baselines"):
        assert left[name] == full[name]
    assert left["review"]["counts"] == full["review"]["counts"]


def test_the_document_itself_is_not_changed(full: Document, tmp_path: Path) -> None:
    before = render(full)
    pseudonymise(full, tmp_path / "key.csv")
    without_people(full)
    assert render(full) == before


def test_codes_are_kept_and_new_people_get_new_ones(document: Document, tmp_path: Path) -> None:
    place = tmp_path / "key.csv"
    first = pseudonymise(document, place)
    old = place.read_bytes()
    assert render(pseudonymise(document, place)) == render(first)
    assert place.read_bytes() == old
    codes = key(place)
    document["assignment"].append(document["assignment"][0] | {"user": "new"})
    pseudonymise(document, place)
    assert place.read_bytes().startswith(old)
    assert key(place) == codes | {"new": f"person-{len(codes) + 1:04}"}


def test_rows_are_in_the_order_of_the_codes(document: Document, tmp_path: Path) -> None:
    row = document["assignment"][0]
    document["assignment"] = [row | {"user": f"u{n:03}", "product": p} for n in range(200) for p in "ab"]
    coded = list(pseudonymise(document, tmp_path / "key.csv")["assignment"])
    assert [r["user"] for r in coded] == sorted(r["user"] for r in coded)
    assert [r["product"] for r in coded] == ["a", "b"] * 200
    who = {code: user for user, code in key(tmp_path / "key.csv").items()}
    names = [who[r["user"]] for r in coded]
    assert names != sorted(names)  # one order in 200! would be the alphabet's


def coded(job: tuple[Document, Path]) -> list[str]:
    document, place = job
    return [row["user"] for row in pseudonymise(document, place)["assignment"]]


@pytest.mark.skipif(sys.platform == "win32", reason="needs locks of folders")
def test_exports_at_the_same_time_agree(document: Document, tmp_path: Path) -> None:
    row = document["assignment"][0]
    jobs = [document | {"assignment": [row | {"user": f"u{n}"} for n in range(k, 500)]} for k in range(8)]
    with ProcessPoolExecutor(4) as pool:
        found = list(pool.map(coded, [(job, tmp_path / "key.csv") for job in jobs]))
    codes = key(tmp_path / "key.csv")
    assert len(codes) == len({*codes.values()}) == 500
    for k, mine in enumerate(found):
        assert mine == sorted(codes[f"u{n}"] for n in range(k, 500))


def test_the_key_is_for_its_owner_only(document: Document, tmp_path: Path) -> None:
    place = tmp_path / "sub" / "key.csv"
    old = os.umask(0)
    try:
        pseudonymise(document, place)
    finally:
        os.umask(old)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [p.name for p in place.parent.iterdir()] == ["key.csv"]


def test_a_user_called_like_a_code_gets_another(document: Document, tmp_path: Path) -> None:
    users = ["person-0001", "person-0002", "tom"]
    document["assignment"] = [document["assignment"][0] | {"user": u} for u in users]
    pseudonymise(document, tmp_path / "key.csv")
    assert sorted(key(tmp_path / "key.csv").values()) == ["person-0003", "person-0004", "person-0005"]


@given(
    st.lists(st.one_of(st.text(min_size=1), st.sampled_from(HOSTILE)), unique=True, min_size=1, max_size=6)
)
def test_the_key_keeps_any_name(
    planned: Document, tmp_path_factory: pytest.TempPathFactory, users: list[str]
) -> None:
    place = tmp_path_factory.mktemp("key") / "key.csv"
    row = planned["assignment"][0]
    document = planned | {"assignment": [row | {"user": u} for u in users], "left_out": []}
    first = pseudonymise(document, place)
    assert len({r["user"] for r in first["assignment"]}) == len(users)
    assert pseudonymise(document, place)["assignment"] == first["assignment"]


@pytest.mark.parametrize(
    "text",
    [
        "user;code\n",
        "date,user\n",
        "user,code\na,person-0001\nb,person-0001\n",
        "user,code\na,b,c\n",
        "\x00\xff",
        "x",
    ],
)
def test_another_file_is_not_taken_for_a_key(document: Document, tmp_path: Path, text: str) -> None:
    place = tmp_path / "key.csv"
    place.write_text(text)
    with pytest.raises(FlexoptError, match="key file"):
        pseudonymise(document, place)
    assert place.read_text() == text


def test_words_are_left_alone(document: Document, tmp_path: Path) -> None:
    """Short names may be any word or number: only where they are quoted are they names."""
    document["assignment"] = [document["assignment"][0] | {"user": u} for u in ("3", "a", "4711")]
    document["findings"] = [
        {"severity": "info", "code": "X", "file": "f", "row": 1, "column": "", "count": 3}
        | {"message": "3 rows of a file, 4711 days", "hint": '"3" and `a`'}
    ]
    (finding,) = pseudonymise(document, tmp_path / "key.csv")["findings"]
    codes = key(tmp_path / "key.csv")
    assert finding["message"] == "3 rows of a file, 4711 days"
    assert finding["hint"] == f'"{codes["3"]}" and `{codes["a"]}`'


def test_reasons_name_nobody(planned: Document) -> None:
    """Why codes leave the sentences of the reasons alone: no user is in them."""
    users = {row["user"] for row in planned["assignment"]}
    assert not [r for r in planned["assignment"] if users & set(r["reason"].split())]


def test_tables_stay_columns(document: Document, tmp_path: Path) -> None:
    assert isinstance(people.pseudonymise(typed(document), tmp_path / "key.csv").assignment, ColumnTable)
