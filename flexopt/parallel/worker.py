"""A process that runs tasks: they arrive on stdin, their results leave on stdout, both pickled.

It is started as `python -m flexopt.parallel.worker`, not by multiprocessing, which would rerun the caller's
main program in every process.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import threading
from typing import IO, Any

from flexopt.parallel.task import Task, load_shared


def main() -> None:
    """Run tasks until the other end is closed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # drafts and solver files are removed on exit
    # stdin and stdout are for tasks and results: anything else that reads or prints gets other streams
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[Task[Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, tasks), daemon=True).start()
    while True:
        task = tasks.get()
        pickle.dump(task.run(load_shared(task.shared)), answers)
        answers.flush()


def _listen(asked: IO[bytes], tasks: queue.SimpleQueue[Task[Any]]) -> None:
    """Receive tasks; when the sender is gone, even during a task, end everything here."""
    while True:
        try:
            tasks.put(pickle.load(asked))
        except (EOFError, pickle.UnpicklingError):
            break
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGTERM)  # the solver too: this process leads its group
    else:
        os._exit(1)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(1)  # a normal exit would wait for the listening thread
