"""Opens one usage file as a table that DuckDB can scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from flexopt.inputs.usage.formats import Format, closest, recognise, roles_of
from flexopt.inputs.usage.memory import Grid, frame_grid, read_json, read_workbook
from flexopt.inputs.usage.scan import Table
from flexopt.inputs.usage.sniff import HEAD, Refusal, Text, container, damaged, rewrite, sniff_text

__all__ = ["Opened", "open_frame", "open_table"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file ready to be scanned."""

    table: Table


def open_table(con: duckdb.DuckDBPyConnection, number: int, path: Path, name: str, work: Path) -> Opened:
    """The table of a file. Raises Refusal with the finding if it is none of the known formats."""
    kind, zipped, head = container(path)
    if kind == "text":
        text = sniff_text(path, zipped, head)
        known = _format(text.header)
        if text.rewrite:
            text = rewrite(text, work / f"usage-{number}.csv")
        return Opened(_text_table(number, name, known, text))
    if kind == "parquet":
        return Opened(_parquet_table(con, number, path, name))
    grid = read_workbook(path, zipped) if kind == "workbook" else read_json(path, zipped)
    return Opened(_grid_table(con, number, name, grid))


def open_frame(con: duckdb.DuckDBPyConnection, number: int, frame: pd.DataFrame, name: str) -> Opened:
    """The table of a frame with the columns of the plain format."""
    return Opened(_grid_table(con, number, name, frame_grid(frame)))


def _format(header: Sequence[str]) -> Format:
    known = recognise(header)
    if known is None:
        near = closest(header)
        seen = ", ".join(f"`{c[:40]}`" for c in header[:12])
        raise Refusal(
            "U116",
            f"no known usage export has these columns: {seen}",
            f"closest is {near.name} ({', '.join('/'.join(names[:1]) for names in near.roles.values())}); "
            "or use the plain format user,product,date",
            1,
        )
    if known.kind == "elsewhere":
        raise Refusal("U118", f"a {known.name} export holds no days of use", known.repair, 1)
    roles = roles_of(known, header)
    for needed in known.needs:
        if not any(role in roles for role in needed):
            if needed == ("date",) and "month" in roles:
                raise Refusal(
                    "U119",
                    "the export has months, not days",
                    f"a day is needed for every row: {known.repair}",
                    1,
                )
            columns = " or ".join(f"`{known.roles[role][0]}`" for role in needed if role in known.roles)
            raise Refusal("U117", f"{known.name}: there is no column {columns}", known.repair, 1)
    return known


def _text_table(number: int, name: str, known: Format, text: Text) -> Table:
    width = len(text.header)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    # a file with one wide row in between is still a table: that row is rejected, and reported
    relation = (
        f"read_csv({_quoted(str(text.path))}, columns = {{{columns}}}, header = false, auto_detect = false, "
        f"skip = {text.skip}, delim = {_quoted(text.delimiter)}, quote = '\"', escape = '\"', "
        f"max_line_size = {HEAD}, compression = '{'gzip' if text.gzip else 'none'}', strict_mode = true, "
        f"store_rejects = true, rejects_table = 'rejects_{number}', rejects_scan = 'scans_{number}')"
    )
    return Table(
        number=number,
        file=name,
        format=known,
        relation=relation,
        header=text.header,
        roles=roles_of(known, text.header),
        columns=tuple(f"c{i}" for i in range(width)),
        types=("VARCHAR",) * width,
        row="row_number() over ()",
        text=text,
    )


def _parquet_table(con: duckdb.DuckDBPyConnection, number: int, path: Path, name: str) -> Table:
    relation = f"read_parquet({_quoted(str(path))}, file_row_number = true)"
    try:
        described = con.execute(f"describe select * from {relation}").fetchall()
    except duckdb.Error:
        raise damaged("parquet file", "it cannot be opened") from None
    header = tuple(str(r[0]) for r in described if r[0] != "file_row_number")
    known = _format(header)
    return Table(
        number=number,
        file=name,
        format=known,
        relation=relation,
        header=header,
        roles=roles_of(known, header),
        columns=tuple('"' + c.replace('"', '""') + '"' for c in header),
        types=tuple(str(r[1]) for r in described if r[0] != "file_row_number"),
        row="file_row_number + 1",
    )


def _grid_table(con: duckdb.DuckDBPyConnection, number: int, name: str, grid: Grid) -> Table:
    known = _format(grid.header)
    con.register(f"grid_{number}", grid.table)
    width = len(grid.header)
    return Table(
        number=number,
        file=name,
        format=known,
        relation=f"grid_{number}",
        header=grid.header,
        roles=roles_of(known, grid.header),
        columns=tuple(f"c{i}" for i in range(width)),
        types=("VARCHAR",) * width,
        row='"row"',
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
