"""Reads a JSON file as a table."""

from __future__ import annotations

import zlib
from pathlib import Path

from flexopt.base.findings import Refusal
from flexopt.inputs.files.cells import text_of
from flexopt.inputs.files.containers import damaged, open_bytes
from flexopt.inputs.files.grid import Grid
from flexopt.inputs.files.json_shapes import find_table, not_a_table
from flexopt.inputs.files.json_stream import Records, load


def read_json(path: Path, zipped: bool) -> Grid:
    """A list of objects, or `columns` and positional `rows`, also inside other objects; `row` counts from 2.

    Raises
    ------
    Refusal : U110 it is not JSON or has another shape, U111 encoding, U113 rows of another length, U145 an
    answer without a result.
    """
    try:
        with open_bytes(path, zipped) as file:
            found = find_table(load(file))
    except UnicodeDecodeError:
        raise Refusal("U111", "the file is not in UTF-8", "save the file as UTF-8") from None
    except (OSError, EOFError, zlib.error):
        raise damaged("gzip file", "it is truncated or corrupt") from None
    records = found.rows if isinstance(found.rows, Records) else Records(found.rows)
    if found.columns is None:
        if not records:
            raise Refusal("U102", "the file has no rows", "export it again, or remove it from `usage.files`")
        if records.kinds != {dict}:
            raise not_a_table()
        if {"columns", "rows"} <= set(records.columns):
            raise Refusal(
                "U145",
                "the file is a list of answers, each with `columns` and `rows`",
                "save every answer as a file of its own, and name all of them",
            )
        return Grid(tuple(text_of(n) or "" for n in records.columns), records.table(), found.page)
    if records.kinds - {list}:
        raise not_a_table()
    ragged = min((n for width, n in records.widths.items() if width != len(found.columns)), default=None)
    if ragged is not None:
        message = "a row and `columns` have different numbers of values"
        raise Refusal("U113", message, "query the API again", ragged + 2)
    for place in range(0 if records else len(found.columns)):
        records.columns[place] = {}
    return Grid(found.columns, records.table(), found.page)
