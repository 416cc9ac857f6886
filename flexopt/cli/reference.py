"""The page docs/cli.md, made from the commands: `python -m flexopt.cli.reference > docs/cli.md`."""

from __future__ import annotations

import click

from flexopt.cli import COMMANDS, cli

WIDTH = 80


def help_of(name: str | None) -> str:
    """The help text of a command, or of flexopt itself."""
    group = click.Context(cli, info_name="flexopt", terminal_width=WIDTH, **cli.context_settings)
    if name is None:
        return cli.get_help(group)
    command = cli.get_command(group, name)
    if command is None:
        raise KeyError(name)
    return command.get_help(click.Context(command, info_name=name, parent=group, terminal_width=WIDTH))


def reference() -> str:
    """The whole page, in Markdown."""
    parts = [
        "# Commands",
        "Data goes to stdout, words to stderr; progress is shown on a terminal only; NO_COLOR is respected.\n"
        "[Outputs](outputs.md) has the exit codes and every field. This page is made from the commands:\n"
        "`python -m flexopt.cli.reference > docs/cli.md`.",
        'Shell completion: `eval "$(_FLEXOPT_COMPLETE=bash_source flexopt)"` (also `zsh_source`, '
        "`fish_source`).",
        "Errors have one form: place, what is wrong, a stable code, and a hint that says what to do next;\n"
        "`flexopt --debug` adds the traceback.",
        f"```text\n{help_of(None)}\n```",
    ]
    parts += [f"## flexopt {name}\n\n```text\n{help_of(name)}\n```" for name in COMMANDS]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    click.echo(reference(), nl=False)
