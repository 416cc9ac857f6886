from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click

from flexopt.base.errors import FlexoptError
from flexopt.base.text import screen
from flexopt.cli.options import PATH, output_option
from flexopt.exports.formats import exporter
from flexopt.exports.people import people_left_out, pseudonymise, without_people
from flexopt.exports.words import LANGUAGES
from flexopt.store.atomic import write_whole
from flexopt.store.comparison_folder import read_plan_or_cheapest

KEY = "people-key.csv"


@click.command("export", short_help="Write a plan as one file to hand on.")
@click.argument("plan", type=PATH)
@output_option(
    "File to write: .xlsx, .html, .pdf, .md, .csv (the assignment) or .json; an older one is replaced.",
    required=True,
)
@click.option(
    "--pseudonymise",
    "codes",
    is_flag=True,
    help="Codes in place of users, the same in every export with the same key.",
)
@click.option(
    "--key",
    type=PATH,
    help=f"The key of the codes: who is who, for you only.  [default: {KEY} beside the output]",
)
@click.option("--no-people", "nobody", is_flag=True, help="Sums and counts only, no rows of people.")
@click.option(
    "--brand",
    type=PATH,
    help="For .pdf: a YAML file with your organisation's name, colour and logo.",
)
@click.option(
    "--language",
    type=click.Choice([*LANGUAGES]),
    help="For .pdf: of its fixed words, numbers and dates.  [default: en]",
)
def command(
    plan: Path,
    output: Path,
    *,
    codes: bool,
    key: Path | None,
    nobody: bool,
    brand: Path | None,
    language: str | None,
) -> None:
    """Write PLAN as a file for others; the suffix of its name says what kind.

    PLAN is a plan folder, or one that `compare` wrote: then its cheapest plan, with the comparison. The file
    has personal data unless --pseudonymise or --no-people is given.

    \b
    Example:
      flexopt export renewal.plan -o renewal.xlsx
      flexopt export renewal.plan -o renewal.pdf --brand brand.yaml --language de
      flexopt export renewal.plan -o renewal.json --pseudonymise --key ~/private/key.csv
    """
    if codes and nobody:
        raise click.UsageError("--pseudonymise is for rows of people, --no-people leaves them out: give one")
    if key is not None and not codes:
        raise click.UsageError("--key is the key of --pseudonymise: give both, or none")
    if (brand or language) and output.suffix.lower() != ".pdf":
        raise click.UsageError("--brand and --language are for a .pdf: name the output so, or leave them out")
    kept = key or output.with_name(KEY)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # not that it finds no home for its cache
    kind = exporter(output)
    if output.is_dir():
        raise FlexoptError(f"{output}: is a folder", "give the name of a file with -o")
    if codes and kept.resolve() == output.resolve():
        raise FlexoptError(f"{output}: is the key, too", "give the key another place with --key")
    paper: dict[str, Any] = {"language": language} if language else {}
    if brand:
        from flexopt.exports.pdf.brand import read_brand

        paper["brand"] = read_brand(brand)
    document = read_plan_or_cheapest(plan)
    if codes:
        document = pseudonymise(document, kept)
        click.echo(screen(f"The key of the codes is {kept}: it stays with you"), err=True)
    elif nobody:
        document = without_people(document)
    if output.suffix.lower() == ".csv" and people_left_out(document):
        raise FlexoptError(
            f"{output}: nothing is left of the table of the assignment without people",
            "leave out --no-people, or choose another kind of file",
        )
    data = kind.render(document, **paper)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, data)
    except OSError as error:
        raise FlexoptError(
            f"{output}: cannot write the file ({error.strerror}); what was there is unchanged",
            "choose another place with -o, or make room",
        ) from None
    click.echo(screen(f"Plan exported to {output}"), err=True)
