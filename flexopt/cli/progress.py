"""Progress on stderr while a person waits: the phase, its size, the time taken and its limit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flexopt.cli.interruption import raise_if_interrupted
from flexopt.planning.arguments import Progress
from flexopt.planning.planner import COMPARING_LIMIT


@contextmanager
def progress(limit: float | None = None) -> Iterator[Progress]:
    """Show phases on a terminal, nothing elsewhere; `limit` is the solver's, in seconds.

    A phase that is reported again is updated on its line; one that has ended keeps its line and its time.
    """
    if not sys.stderr.isatty():
        yield lambda phase, size: raise_if_interrupted()
        raise_if_interrupted()
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn, SpinnerColumn, Task, TaskID
    from rich.text import Text

    class Words(ProgressColumn):
        """File names and counts as they are: rich's own column would read `[...]` in them as markup."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.description:<14}{task.fields['size']}", no_wrap=True, overflow="ellipsis")

    class Time(ProgressColumn):
        def render(self, task: Task) -> Text:
            most = task.fields["limit"]
            of = f" of at most {_clock(most)}" if most is not None and not task.finished else ""
            return Text(_clock((task.finished_time if task.finished else task.elapsed) or 0) + of, "dim")

    console = Console(stderr=True, highlight=False)
    unicode = console.encoding.lower().startswith("utf")
    spinner = SpinnerColumn("dots" if unicode else "line", finished_text="✓" if unicode else "*")
    bars = Bars(spinner, Words(), Time(), console=console)
    running: dict[str, TaskID] = {}
    limits = {"solving": limit, "comparing": None if limit is None else min(limit, COMPARING_LIMIT)}

    def end() -> None:
        for task in running.values():
            bars.update(task, total=1, completed=1)
        running.clear()

    def tell(phase: str, size: str) -> None:
        raise_if_interrupted()
        if phase not in running:
            end()
            running[phase] = bars.add_task(phase, total=None, size=size, limit=limits.get(phase))
        elif phase == "comparing":  # every baseline has its own limit, and so its own clock
            bars.reset(running[phase], total=None, size=size, limit=limits.get(phase))
        else:
            bars.update(running[phase], size=size)

    with bars:
        try:
            yield tell
            raise_if_interrupted()
        except BaseException:
            for task in running.values():  # the error says more than a stopped spinner
                bars.update(task, visible=False)
            raise
        end()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
