"""Answers of an API come in pages: whether the pages that are there make up the whole query."""

from __future__ import annotations

from collections.abc import Sequence

from flexopt.base.findings import Findings
from flexopt.inputs.files.json_shapes import Page
from flexopt.inputs.usage.usage_table import UsageTable


def report_missing_pages(tables: Sequence[UsageTable], findings: Findings) -> None:
    """U146: the pages of a query have fewer rows than the query."""
    queries: dict[tuple[str, tuple[str, ...], int | None], list[tuple[str, Page]]] = {}
    for table in tables:
        if table.page is not None:
            key = table.page.query, table.header, table.page.total
            queries.setdefault(key, []).append((table.file, table.page))
    for (_, _, total), found in queries.items():
        pages = [page for _, page in found]
        have, following = _reach(pages)
        files = "the file has" if len(found) == 1 else f"the {len(found)} files of it have"
        hint = (
            "ask for the other pages and name all of them under `usage.files`, or ask for all rows at once "
            f"(`limit`); the next page begins at offset {following:,}"
        )
        if total is not None and have < total:
            findings.add(
                "U146",
                f"the query has {total:,} rows and {files} {have:,}: {total - have:,} are missing",
                file=found[0][0],
                value=total,
                hint=hint,
            )
        elif total is None and all(page.more for page in pages):
            message = f"the answer says that more rows follow, and {files} {have:,}"
            findings.add("U146", message, file=found[0][0], hint=hint)


def _reach(pages: Sequence[Page]) -> tuple[int, int]:
    """Different rows of the pages, and the first place that no page has."""
    placed = {page.offset: page.rows for page in pages if page.offset is not None}
    rows = sum(page.rows for page in pages if page.offset is None)
    reached = following = 0
    for offset, count in sorted(placed.items()):
        rows += max(0, offset + count - max(reached, offset))
        following = max(following, offset + count) if offset <= following else following
        reached = max(reached, offset + count)
    return rows, following or rows
