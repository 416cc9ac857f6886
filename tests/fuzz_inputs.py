"""Damages valid inputs at random and reads them: `python tests/fuzz_inputs.py --count 5000 --seed 1`.

Whatever a file contains, reading it ends with findings: no traceback, no abort, and every row and person
is accounted for. A number names a case: `--seed 1 --only 17` repeats it and keeps its folder.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fuzz_exports import (
    SCENARIO,
    SIDE_TABLES,
    Table,
    json_text,
    parquet,
    text,
    usage_tables,
    workbook,
)

from flexopt.base.errors import FlexoptError
from flexopt.planning.check import InputCheck, check_inputs

HOSTILE = [
    *("", " ", "0", "-1", "1e309", "NaN", "null", "true", "7.0", "1,5", "1.200", "9" * 40, "=1+1", "'", '"'),
    *("2025-02-30", "31/12/2025", "12/31/25", "45678", "45678.5", "2025-01-02T03:04:05+99:00", "0000-00-00"),
    *("a\nb", "a\r\nb", "a\tb", "a\x85b", "a\u2028b", "\ufeff", "\x00", "\x1b[31m", "\u202eabc", "\ud83d"),
    *(
        "é",
        "e\u0301",
        "*****",
        "ann@example.com",
        "USER1@EXAMPLE.COM",
        "Revit 2025",
        "AEC Collection",
        "x" * 3000,
    ),
    *(
        "${x}",
        "%s",
        "\\N",
        ",",
        ";",
        "|",
        "Named user",
        "Flex",
        "-2+3",
        "{}",
        "[]",
        "💥" * 50,
        "\ufffd",
        "１２",
    ),
]


@dataclass
class Case:
    """One damaged scenario."""

    folder: Path
    said: list[str] = field(default_factory=list)
    """What was done to it."""
    rows: dict[str, int] = field(default_factory=dict)
    """Rows of the usage files whose structure is sound."""
    people: int | None = None
    """People in the usage, if it is sound."""


# --- damage ----------------------------------------------------------------------------------------------


def damage_cells(table: Table, rng: random.Random) -> str:
    row, value = rng.choice(table[1:] or table), rng.choice(HOSTILE)
    if row:
        row[rng.randrange(len(row))] = value
    return f"cell {value[:20]!r}"


def damage_column(table: Table, rng: random.Random) -> str:
    place, value = rng.randrange(len(table[0])), rng.choice(HOSTILE)
    for row in table[1:]:
        if place < len(row) and rng.random() < 0.7:
            row[place] = value
    return f"column {value[:20]!r}"


def damage_rows(table: Table, rng: random.Random) -> str:
    how = rng.choice(["delete", "repeat", "shuffle", "blank", "short", "long"])
    place = rng.randrange(1, len(table)) if len(table) > 1 else 0
    if how == "delete":
        del table[place:]
    elif how == "repeat":
        table[place:place] = [list(r) for r in table[place : place + 5]]
    elif how == "shuffle":
        body = table[1:]
        rng.shuffle(body)
        table[1:] = body
    elif how == "blank":
        table.insert(place, [""] * len(table[0]))
    elif how == "short":
        table[place] = table[place][:-1]
    else:
        table[place] = [*table[place], "more"]
    return f"rows: {how}"


def damage_header(table: Table, rng: random.Random) -> str:
    header = table[0]
    place = rng.randrange(len(header)) if header else 0
    how = rng.choice(["drop", "rename", "repeat", "order", "case", "title"])
    if how == "drop" and header:
        for row in table:
            del row[place : place + 1]
    elif how == "rename" and header:
        header[place] = rng.choice(HOSTILE)
    elif how == "repeat" and header:
        header[place] = header[rng.randrange(len(header))]
    elif how == "order":
        order = rng.sample(range(len(header)), len(header))
        table[:] = [[row[n] if n < len(row) else "" for n in order] for row in table]
    elif how == "case":
        header[:] = [h.upper().replace("_", rng.choice([" ", "-", "_"])) for h in header]
    else:
        table.insert(0, ["Report of usage"])
    return f"header: {how}"


def damage_bytes(raw: bytes, rng: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(rng.choice([1, 1, 3, 20])):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice([1, 1, 8, 200]))
        how = rng.randrange(6)
        if how == 0:
            del data[at:end]
        elif how == 1:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice([1, 4, 60])))
        elif how == 2:
            data[at:end] = bytes(b ^ (1 << rng.randrange(8)) for b in data[at:end])
        elif how == 3:
            data[at:at] = data[rng.randrange(len(data) + 1) :][:200]
        elif how == 4:
            data[at:at] = rng.choice(
                [b"\x00", b"\r", b"\n\n\n", b'"', b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"[" * 5000]
            )
        else:
            del data[at:]
    return bytes(data)


def damage_lines(raw: str, rng: random.Random) -> str:
    """YAML: lines and words of it."""
    lines = raw.split("\n")
    place = rng.randrange(len(lines))
    how = rng.randrange(5)
    if how == 0:
        del lines[place]
    elif how == 1:
        lines.insert(place, lines[rng.randrange(len(lines))])
    elif how == 2:
        words = re.split(r"([\s,\[\]{}:]+)", lines[place])
        words[rng.randrange(len(words))] = rng.choice(HOSTILE)
        lines[place] = "".join(words)
    elif how == 3:
        lines[place] = " " * rng.randrange(4) + lines[place]
    else:
        lines[place] = re.sub(r"[0-9.-]+", lambda _: rng.choice(HOSTILE), lines[place], count=1)
    return "\n".join(lines)


# --- a case, and what must be true of it -----------------------------------------------------------------


def build(folder: Path, rng: random.Random, *, workbooks: float) -> Case:
    """A folder with one to three usage files, perhaps tables beside them, and some damage."""
    case = Case(folder)
    scenario = SCENARIO
    kinds = usage_tables()
    chosen = rng.sample(sorted(kinds), rng.choice([1, 1, 2, 3]))
    tables = {f"usage-{number}": kinds[kind] for number, kind in enumerate(chosen)}
    for side in sorted(SIDE_TABLES):
        if rng.random() < 0.3:
            tables[side] = [list(r) for r in SIDE_TABLES[side]]
    target = rng.choice([*tables, "scenario"])
    level = rng.choice(["table", "table", "table", "bytes", "file"])
    for name, table in tables.items():
        sound = True
        if name == target and level == "table":
            for _ in range(rng.choice([1, 1, 2, 4])):
                if len(table) > 1 and table[0]:
                    what = rng.choice([damage_cells, damage_column, damage_rows, damage_header])(table, rng)
                    case.said.append(f"{name} ({chosen}): {what}")
                    sound = sound and what.startswith(("cell", "column"))
        only_text = name in ("people", "access")
        container = rng.choices(
            [text, workbook, json_text, parquet],
            [1, workbooks, 0.4, 0 if only_text or name == "users" else 0.2],
        )[0]
        raw, suffix = (text if only_text else container)(table, rng)
        if name == target and level == "bytes":
            raw, sound = damage_bytes(raw, rng), False
            case.said.append(f"{name}{suffix}: bytes")
        if name == target and level == "file":
            raw, suffix, sound = _other_file(raw, suffix, rng)
            case.said.append(f"{name}{suffix}: another file")
        (folder / f"{name}{suffix}").write_bytes(raw)
        if sound and name.startswith("usage"):
            case.rows[f"{name}{suffix}"] = len(table) - 1
        if name in ("people", "access"):
            scenario += f"{name}: {name}{suffix}\n"
        elif name in ("subscriptions", "users"):
            scenario += f"{name}: [{name}{suffix}]\n"
    if target == "scenario":
        for _ in range(rng.choice([1, 1, 3])):
            scenario = damage_lines(scenario, rng)
        case.said.append("scenario")
    raw = scenario.encode("utf-8", "surrogatepass")
    (folder / "scenario.yaml").write_bytes(
        damage_bytes(raw, rng) if target == "scenario" and level == "bytes" else raw
    )
    return case


def _other_file(raw: bytes, suffix: str, rng: random.Random) -> tuple[bytes, str, bool]:
    """Another name for the same bytes, or other bytes under the same name."""
    if rng.random() < 0.5:
        return raw, rng.choice([".csv", ".json", ".xlsx", ".parquet", ".csv.gz"]), False
    others = [b"", b"\n\n\n", b" " * 5000, b"|\n" * 5000, b"%PDF-1.7\n", b"<html><table><tr>", b"PK\x03\x04"]
    return rng.choice(others), suffix, False


def faults(case: Case) -> Iterator[str]:
    """What is wrong with how the case was read; nothing if all is well."""
    try:
        checked = check_inputs(case.folder / "scenario.yaml", lambda *_: None, None)
    except FlexoptError as error:
        yield f"an error instead of findings: {error}"
        return
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        yield traceback.format_exc(limit=-6)
        return
    yield from faults_of(case, checked)


def faults_of(case: Case, checked: InputCheck) -> Iterator[str]:
    for finding in checked.findings:
        if not re.fullmatch(r"[STUD][0-9]{3}", finding.code) or not finding.message:
            yield f"a finding without code or message: {finding}"
        if re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", str(finding)):
            yield f"a finding with a control character: {str(finding)!r}"
        if str(case.folder.parent) in finding.message + finding.hint:
            yield f"a finding with a path in its text: {finding}"
    for c in checked.coverage:
        parts = (c.kept, c.repeated, c.zero_token, c.unknown_product, c.left_out, c.rejected)
        if c.rows != sum(parts) or min(parts) < 0:
            yield f"{c.file}: {c.rows} rows, accounted for {sum(parts)}: {c}"
        if c.file in case.rows and c.rows != case.rows[c.file]:
            yield f"{c.file}: {case.rows[c.file]} rows in, {c.rows} said: {c}"
    if (counts := checked.counts) is not None:
        if counts.users_planned > counts.users_in_usage:
            yield f"more people planned than read: {counts}"
        if case.people is not None and counts.users_in_usage != case.people:
            yield f"{case.people} people in, {counts.users_in_usage} said"
    elif not any(f.severity == "error" for f in checked.findings):
        yield "nothing planned, and no error"


def run(seed: int, number: int, folder: Path, *, workbooks: float = 0.1) -> tuple[Case, list[str]]:
    """Build and read one case."""
    case = build(folder, random.Random(f"{seed}/{number}"), workbooks=workbooks)
    return case, list(faults(case))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one case, whose folder is kept")
    asked = parser.parse_args()
    wrong = 0
    for number in [asked.only] if asked.only is not None else range(asked.count):
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        case, found = run(asked.seed, number, folder)
        if found:
            wrong += 1
            print(f"--- case {number}: {'; '.join(case.said)}", *found, sep="\n")
        if asked.only is not None:
            print(folder)
        else:
            shutil.rmtree(folder)
    print(f"{wrong} of {asked.count} cases are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
