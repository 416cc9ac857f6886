"""The command line: thin commands around the API. A command's module is imported only when it runs."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import Any, NoReturn, TextIO

import click
from click.shell_completion import CompletionItem

from flexopt import __version__
from flexopt.base.errors import FlexoptError
from flexopt.base.findings import InputError, with_each_hint_once
from flexopt.base.text import count
from flexopt.cli.interruption import end_tidily, keep_temporary_files_together
from flexopt.cli.printing import say

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = {
    "init": "Create a planning folder from the files of the portal.",
    "check": "Check all inputs and list every problem; plan nothing.",
    "plan": "Find the cheapest plan, prove it, audit it and write it.",
    "compare": "Compare quotes: what each costs, and why they differ.",
    "sweep": "Plan many scenarios in parallel, with one table of results.",
    "review": "Compare today's access with the plan, and run seven checks.",
    "breakeven": "Show the days of use at which a seat becomes cheaper than tokens.",
    "sensitivity": "Show how the total depends on each price; what to negotiate.",
    "explain": "Explain a plan, or one user's access.",
    "verify": "Check a saved plan: its files, its sums, and what it claims.",
    "export": "Write a plan as one file to share.",
    "schema": "Print the JSON Schema of a scenario or a plan.",
}


class _ReaderGoneError(Exception):
    """The reader of our output has gone away (`| head`): not an error."""


class _Lazy(click.Group):
    """Commands by name, imported lazily: the help needs only their one-line summaries."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderGoneError from None  # click would exit with 1
        except RuntimeError as error:
            if str(error) == "Query interrupted":  # how DuckDB reports ^C
                raise KeyboardInterrupt from error
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"flexopt.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [CompletionItem(n, help=h) for n, h in COMMANDS.items() if n.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        wrong = args and args[0] not in COMMANDS and not args[0].startswith("-")
        if wrong and not ctx.resilient_parsing:  # shell completion parses resiliently
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"commands: {', '.join(COMMANDS)}"
            raise FlexoptError(f"unknown command `{args[0]}`", hint)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: flexopt init my-renewal FILES",
)
@click.version_option(__version__, prog_name="flexopt")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Decide who gets a named-user seat, who uses Flex tokens, and which token packs to buy when:
    the cheapest plan for a year of usage, proven and audited.

    Exit codes: 0 success; 1 the command ran and found problems; 2 could not run; 3 no plan is possible;
    4 a limit was reached first; 130 interrupted.
    """


def main() -> NoReturn:
    """Entry point: every error becomes one clear message and the right exit code."""
    debug = "--debug" in sys.argv[1:]
    end_tidily()
    keep_temporary_files_together()
    try:
        code = cli.main(standalone_mode=False)
    except InputError as error:
        _fail(_findings(error), debug)
        code = error.exit_code
    except FlexoptError as error:
        _fail(str(error), debug)
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = 2
    except click.UsageError as error:
        say(_usage_error(error))
        code = 2
    except (KeyboardInterrupt, click.Abort):
        say("interrupted: nothing was written")
        code = 130
    except _ReaderGoneError:
        _drop(sys.stdout, sys.stderr)
        code = 0
    except MemoryError:
        _fail("error: out of memory\n\nhint: plan fewer users in one run, or use a larger machine", debug)
        code = 2
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(
            f"error: {place}{error.strerror or error}\n\n"
            "hint: check the free space and your permission to write there",
            debug,
        )
        _drop(sys.stdout)
        code = 2
    except Exception as error:
        _fail(
            f"error: unexpected {type(error).__name__}; nothing was written\n\n"
            "hint: run again with `flexopt --debug ...` and report the output",
            debug,
        )
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _drop(*streams: TextIO) -> None:
    """Discard what is left in the buffers: no reader takes it, and Python would complain at exit."""
    for stream in streams:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _findings(error: InputError) -> str:
    """The first findings in full, then how many more there are and how to list them."""
    texts = [*with_each_hint_once(error.findings[: error.SHOWN])]
    if (more := len(error.findings) - error.SHOWN) > 0:
        texts.append(f"... and {count(more, 'more error')}: `flexopt check` lists them all")
    return "\n\n".join(texts)


def _usage_error(error: click.UsageError) -> str:
    """The error in the form of all others, with suggestions as its hint."""
    help_of = f"{error.ctx.command_path if error.ctx else 'flexopt'} --help"
    if isinstance(error, click.NoSuchOption):
        close = " or ".join(f"`{name}`" for name in sorted(error.possibilities or ())[:3])
        message, hint = (
            f"unknown option `{error.option_name}`",
            f"did you mean {close}? see " if close else "",
        )
        return f"error: {message}\n\nhint: {hint}{help_of}"
    return f"error: {error.format_message().rstrip('.')}\n\nhint: {help_of}"


def _fail(message: str, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    say(message)
