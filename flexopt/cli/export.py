from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import click

from flexopt.audit.alone import refuse_contradictions
from flexopt.base.errors import FlexoptError
from flexopt.cli.options import PATH, output_option
from flexopt.cli.printing import say
from flexopt.exports.formats import exporter
from flexopt.exports.people import people_left_out, pseudonymise, without_people
from flexopt.exports.words import words_for
from flexopt.store.atomic import write_whole
from flexopt.store.comparison_folder import read_plan_or_cheapest

KEY = "people-key.csv"


@click.command("export", short_help="Write a plan as one file to share.")
@click.argument("plan", type=PATH)
@output_option(
    "File to write: .xlsx, .html, .pdf, .md, .csv (the assignment) or .json; an existing file is replaced.",
    required=True,
)
@click.option(
    "--pseudonymise",
    "codes",
    is_flag=True,
    help="Replace users with codes; the codes stay the same in every export with the same key.",
)
@click.option(
    "--key",
    type=PATH,
    help=f"Key file that maps codes to users; keep it to yourself.  [default: {KEY} next to the output]",
)
@click.option("--no-people", "nobody", is_flag=True, help="Totals and counts only, no rows about people.")
@click.option(
    "--brand",
    type=PATH,
    help="For .pdf: a YAML file with your organisation's name, colour, logo and font.",
)
@click.option(
    "--locale",
    metavar="LOCALE",
    help="Numbers and dates as in de, de_CH, en_US, ...; the words stay English.  [default: 1,234.56 and "
    "2026-04-01]",
)
def command(
    plan: Path,
    output: Path,
    *,
    codes: bool,
    key: Path | None,
    nobody: bool,
    brand: Path | None,
    locale: str | None,
) -> None:
    """Write PLAN as one file to share; its suffix decides the format.

    PLAN is a plan folder, or a folder written by `flexopt compare`: then its cheapest plan is exported with
    the comparison. The file contains personal data unless --pseudonymise or --no-people is given.

    \b
    Example:
      flexopt export renewal.plan -o renewal.xlsx
      flexopt export renewal.plan -o renewal.pdf --brand brand.yaml --locale de
      flexopt export renewal.plan -o renewal.json --pseudonymise --key ~/private/key.csv
    """
    if codes and nobody:
        raise click.UsageError("use either --pseudonymise or --no-people, not both")
    if key is not None and not codes:
        raise click.UsageError("--key needs --pseudonymise")
    if brand and output.suffix.lower() != ".pdf":
        raise click.UsageError("--brand applies only to .pdf output")
    if locale and output.suffix.lower() in (".csv", ".json"):
        raise click.UsageError("--locale does not apply to .csv and .json output: programs read them")
    kept = key or output.with_name(KEY)
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # silence its warning about a cache folder
    kind = exporter(output)
    if output.is_dir():
        raise FlexoptError(f"{output}: is a folder", "name a file with -o")
    if codes and kept.resolve() == output.resolve():
        raise FlexoptError(f"{output}: is also the key file", "name another key file with --key")
    options: dict[str, Any] = {"words": words_for(locale)} if locale else {}
    if output.suffix.lower() == ".pdf":
        options["warn"] = say
    if brand:
        from flexopt.exports.pdf.brand import read_brand

        options["brand"] = read_brand(brand)
    document = refuse_contradictions(read_plan_or_cheapest(plan), plan)
    if codes:
        document = pseudonymise(document, kept)
        say(f"The key is in {kept}: do not share it")
    elif nobody:
        document = without_people(document)
    if output.suffix.lower() == ".csv" and people_left_out(document):
        raise FlexoptError(
            f"{output}: without people the assignment table is empty",
            "leave out --no-people, or choose another format",
        )
    data = kind.render(document, **options)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, data)
    except OSError as error:
        raise FlexoptError(
            f"{output}: cannot write the file ({error.strerror}); any existing file is unchanged",
            "choose another place with -o, or free some space",
        ) from None
    say(f"Plan exported to {output}")
