"""Loading: `extends`, the files a scenario names, places of errors, and what cross checks warn about."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from damages import GOOD, USAGE, Damage

from flexopt.base.findings import Finding, InputError
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.scenario.load import load_scenario, read_scenario


def write(folder: Path, **files: str) -> Path:
    """Writes `a_yaml="..."` as a.yaml (`__` is a folder); the scenario to load is scenario.yaml."""
    (folder / "usage.csv").write_text(USAGE)
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_csv", ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "scenario.yaml"


def load(folder: Path, **files: str) -> ScenarioFile:
    return load_scenario(write(folder, **files))


def found(folder: Path, old: str, new: str) -> list[Finding]:
    damage = Damage("", (old, new)) if old else Damage("", add=new)
    return list(read_scenario(damage.write(folder))[1])


# extends


def test_extending_without_a_change_changes_nothing(tmp_path: Path) -> None:
    read = load(tmp_path, base_yaml=GOOD, scenario_yaml="extends: base.yaml\n")
    assert read.scenario == load_scenario(tmp_path / "base.yaml").scenario


def test_extending_with_everything_again_changes_nothing(tmp_path: Path) -> None:
    read = load(tmp_path, base_yaml=GOOD, scenario_yaml="extends: base.yaml\n" + GOOD)
    assert read.scenario == load_scenario(tmp_path / "base.yaml").scenario


def test_maps_merge_deep_and_lists_merge_by_id(tmp_path: Path) -> None:
    over = """\
extends: base.yaml
tokens: {buffer: 0.15}
offers:
  - {id: autocad-1m, covers: [AutoCAD], term_months: 1, prices: [{from: 2026-01-01, new: 290}]}
  - {id: vault-1y, maximum: 9}
products: [{id: AutoCAD, aliases: [ACAD]}]
"""
    scenario = load(tmp_path, base_yaml=GOOD, scenario_yaml=over).scenario
    assert scenario.tokens.buffer == Decimal("0.15")
    assert scenario.tokens.purchase_dates == "quarterly"
    assert [o.id for o in scenario.offers] == ["autocad-1y", "vault-1y", "autocad-1m"]
    assert scenario.offer_by_id["vault-1y"].maximum == 9
    assert scenario.offer_by_id["vault-1y"].prices[0].new == 500
    assert scenario.product_by_id["AutoCAD"].aliases == ("ACAD",)
    assert scenario.product_by_id["AutoCAD"].rates[0].tokens == 7


def test_lists_without_ids_and_empty_lists_replace(tmp_path: Path) -> None:
    over = "extends: base.yaml\ntokens: {tiers: [{from: 1, price: 2}]}\nusage: {files: []}\n"
    read = load(tmp_path, base_yaml=GOOD, scenario_yaml=over)
    assert len(read.scenario.tokens.tiers) == 1
    assert read.usage_files == ()


RULE = "{product: AutoCAD, access: named}"


@pytest.mark.parametrize("base", [f"policy: [{RULE}]\n", f"policy: {{rules: [{RULE}]}}\n"])
def test_a_policy_that_is_a_list_is_its_rules(tmp_path: Path, base: str) -> None:
    """A variant that says what changes must save keeps the rules, and the other way round."""
    over = "extends: base.yaml\npolicy: {min_saving: {contract: 50}}\n"
    policy = load(tmp_path, base_yaml=GOOD + base, scenario_yaml=over).scenario.policy
    assert [r.access for r in policy.rules] == ["named"]
    assert (str(policy.min_saving.contract), str(policy.min_saving.move)) == ("50", "0")
    back = load(
        tmp_path,
        two_yaml=over,
        scenario_yaml="extends: two.yaml\npolicy: [{product: AutoCAD, access: flex}]\n",
    ).scenario.policy
    assert [r.access for r in back.rules] == ["flex"]
    assert str(back.min_saving.contract) == "50"


def test_a_wrong_rule_in_a_list_is_found_where_it_is(tmp_path: Path) -> None:
    over = "extends: base.yaml\npolicy:\n  - {product: AutoCAD, access: token}\n"
    (error,) = read_scenario(write(tmp_path, base_yaml=GOOD, scenario_yaml=over))[1].errors
    assert (Path(error.file).name, error.row, error.column) == ("scenario.yaml", 3, "policy.rules.1.access")
    assert error.code == "S135"


def test_null_replaces(tmp_path: Path) -> None:
    base = GOOD + "  max_oversize: 0.2\n"
    over = "extends: base.yaml\ntokens: {max_oversize: null}\n"
    assert load(tmp_path, base_yaml=base, scenario_yaml=over).scenario.tokens.max_oversize is None


def test_the_last_base_wins_and_this_file_wins_over_all(tmp_path: Path) -> None:
    read = load(
        tmp_path,
        base_yaml=GOOD,
        a_yaml="name: a\nnegotiated: {seats: 0.1, tokens: 0.1}\n",
        b_yaml="name: b\nnegotiated: {tokens: 0.2}\n",
        scenario_yaml="extends: [base.yaml, a.yaml, b.yaml]\nnegotiated: {offers: {vault-1y: 0.3}}\n",
    )
    negotiated = read.scenario.negotiated
    assert read.scenario.name == "b"
    assert (negotiated.seats, negotiated.tokens) == (Decimal("0.1"), Decimal("0.2"))
    assert negotiated.offers == {"vault-1y": Decimal("0.3")}


def test_a_base_that_two_bases_share_does_not_undo_the_first(tmp_path: Path) -> None:
    read = load(
        tmp_path,
        base_yaml=GOOD,
        a_yaml="extends: base.yaml\nname: a\n",
        b_yaml="extends: base.yaml\nnegotiated: {seats: 0.1}\n",
        scenario_yaml="extends: [a.yaml, b.yaml]\n",
    )
    assert read.scenario.name == "a"
    assert [Path(s.file).name for s in read.sources] == ["base.yaml", "a.yaml", "b.yaml", "scenario.yaml"]


def test_data_files_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    write(tmp_path, lists__u_csv=USAGE)
    base = GOOD.replace("[usage.csv]", "['*.csv', ../usage.csv]") + "people: p.csv\n"
    read = load(
        tmp_path, lists__base_yaml=base, lists__p_csv="user\nann\n", scenario_yaml="extends: lists/base.yaml"
    )
    assert [p.relative_to(tmp_path).as_posix() for p in read.usage_files] == [
        "lists/p.csv",
        "lists/u.csv",
        "usage.csv",
    ]
    assert read.scenario.people == "lists/p.csv"
    assert list(read.people) == ["ann"]


def test_an_error_is_where_the_key_was_set(tmp_path: Path) -> None:
    over = "extends: base.yaml\noffers:\n  - id: autocad-1y\n    maximum: -1\n"
    with pytest.raises(InputError) as caught:
        load(tmp_path, base_yaml=GOOD.replace("new: 500", "new: -500"), scenario_yaml=over)
    places = [(Path(f.file).name, f.row, f.column) for f in caught.value.findings]
    assert places == [
        ("scenario.yaml", 4, "offers.autocad-1y.maximum"),
        ("base.yaml", 16, "offers.vault-1y.prices.1.new"),
    ]


def test_sources_have_the_hash_of_the_bytes(tmp_path: Path) -> None:
    read = load(tmp_path, scenario_yaml=GOOD + "people: people.csv\n", people_csv="user\nann\n")
    assert [Path(s.file).name for s in read.sources] == ["scenario.yaml", "people.csv"]
    assert read.sources[0].sha256 == hashlib.sha256((tmp_path / "scenario.yaml").read_bytes()).hexdigest()


# files


def test_globs_are_sorted_and_a_file_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, b__x_csv=USAGE, a__x_csv=USAGE)
    (tmp_path / "z.csv").symlink_to("usage.csv")
    text = GOOD.replace("[usage.csv]", '["**/*.csv", usage.csv, ./usage.csv]')
    names = [p.relative_to(tmp_path).as_posix() for p in load(tmp_path, scenario_yaml=text).usage_files]
    assert names == ["a/x.csv", "b/x.csv", "usage.csv"]


def test_an_absolute_data_file_is_meant(tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text(USAGE)
    (tmp_path / "tree").mkdir()
    text = GOOD.replace("[usage.csv]", f"[{tmp_path}/far.csv]")
    assert load(tmp_path / "tree", scenario_yaml=text).usage_files == (tmp_path / "far.csv",)


def test_a_scenario_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path, Path("a\0b"), Path()):
        with pytest.raises(InputError) as caught:
            load_scenario(path)
        assert [f.code for f in caught.value.findings] == ["S101"]


@pytest.mark.parametrize("name", ["usage.csv", "Usage.XLSX", "old.xls", "usage.csv.gz"])
def test_a_data_file_is_no_scenario(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"user,product,date\n")
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / name)
    (finding,) = caught.value.findings
    assert (finding.code, finding.message) == ("S101", f"`{name}` is a data file, not a scenario")


# words


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        (
            "purchase_dates:",
            "purchase_date:",
            "unknown key `purchase_date`",
            "did you mean `purchase_dates`?",
        ),
        ("covers: [Vault]", "covers: [Vualt]", "`Vualt` is not the id of a product", "did you mean `Vault`?"),
        ("quarterly", "quaterly", "`quaterly` is not one of", "did you mean `quarterly`?"),
        ("flex: false", "flex: no", "expected true or false, found `no`", "write `true` or `false`"),
        ("id: Vault", "id: 2026", "expected text, found `2026`", 'put it in quotes: "2026"'),
        ("2026-01-01, months", "2026-02-30, months", "`2026-02-30` is not a date", "write year-month-day"),
        ("new: 500", "new: -5", "`-5` is out of range: it must be at least 0", "Price of a new seat"),
        (
            "from: 2021-09-07, tokens: 7",
            "from: 2021-09-07",
            "the key `tokens` is missing",
            "add `tokens: ...`",
        ),
        ("[Vault], term", "Vault, term", "expected a list, found `Vault`", "write `covers: [Vault]`"),
        ("currency: USD\n", "", "the key `currency` is missing", "add `currency: USD`"),
    ],
)
def test_the_words_of_an_error(old: str, new: str, message: str, hint: str, tmp_path: Path) -> None:
    error = found(tmp_path, old, new)[0]
    assert error.message.startswith(message)
    assert error.hint.startswith(hint)


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = (
        GOOD.replace("USD", "usd").replace(" months: 12", " months: 0").replace("flex: false", "flx: false")
    )
    with pytest.raises(InputError) as caught:
        load(tmp_path, scenario_yaml=text)
    assert sorted(f.code for f in caught.value.findings) == ["S130", "S134", "S135"]


VAULT = "{id: vault-1y, covers: [Vault], term_months: 12,"


@pytest.mark.parametrize(
    ("code", "severity", "old", "new"),
    [
        ("S211", "warning", "{from: 2026-01-01, new: 500}", "{from: 2026-02-01, new: 500}"),
        ("S212", "warning", "", "holdings: [{offer: vault-1y, quantity: 1, ends: 2025-11-01}]\n"),
        ("S213", "warning", "", "pool: [{tokens: 5, expires: 2026-01-01}]\n"),
        ("S214", "warning", "quarterly", "[2025-12-31, 2026-01-01]"),
        ("S216", "warning", VAULT, VAULT + " starts: [2027-01-01],"),
        ("S217", "warning", "", "budgets: [{id: b, from: 2025-01-01, to: 2026-01-01, amount: 1}]\n"),
        ("S222", "warning", "covers: [Vault]", "covers: [AutoCAD]"),
        ("S223", "info", "months: 12", "months: 13"),
        ("S224", "warning", "covers: [Vault]", "covers: [AutoCAD]"),
        ("S225", "warning", "price: 2.85", "price: 3.10"),
        ("S228", "warning", "covers: [Vault]", "covers: [Vault, Vault]"),
        ("S229", "warning", VAULT, VAULT + " tiers: [{from: 1, discount: 0.2}, {from: 2, discount: 0.1}],"),
        ("S230", "warning", VAULT, VAULT + " maximum: 0,"),
    ],
)
def test_what_is_odd_but_usable(code: str, severity: str, old: str, new: str, tmp_path: Path) -> None:
    text = GOOD.replace(old, new, 1) if old else GOOD + new
    if code == "S222":
        text += "policy: [{product: Vault, access: named}]\n"
    if code == "S230":
        text += "holdings: [{offer: vault-1y, quantity: 1, ends: 2026-04-01}]\n"
    read = load(tmp_path, scenario_yaml=text)
    said = [f for f in read.findings if f.code == code]
    assert [f.severity for f in said] == [severity] * max(1, len(said))
    assert all(f.row and f.hint and f.column for f in said)


def test_lost_holdings_are_left_out_and_those_that_ended_lately_renew_at_the_start(tmp_path: Path) -> None:
    text = GOOD + (
        "holdings: [{offer: vault-1y, quantity: 1, ends: 2025-11-16},"
        " {offer: vault-1y, quantity: 2, ends: 2025-11-17},"
        " {offer: vault-1y, quantity: 3, ends: 2026-01-01}]\n"
    )
    found = load(tmp_path, scenario_yaml=text).holdings
    assert [(h.quantity, h.ends) for h in found] == [(2, date(2026, 1, 1)), (3, date(2026, 1, 1))]


def test_unknown_people_in_rules_are_warned_about_only_with_a_people_table(tmp_path: Path) -> None:
    rules = (
        "policy: [{user: bob, access: flex}, {group: sites, access: flex}]\n"
        "demand: {growth: {groups: {sties: 1}}}\n"
    )
    assert list(load(tmp_path, scenario_yaml=GOOD + rules).findings) == []
    text = GOOD + rules + "people: people.csv\n"
    read = load(tmp_path, scenario_yaml=text, people_csv="user,group\nann,site\n")
    assert [f.code for f in read.findings] == ["S219"] * 3
    assert "did you mean `site`?" in {f.hint for f in read.findings}


SCRIPT = """
import json, sys
from flexopt.inputs.scenario.load import read_scenario
print(json.dumps([str(f) for f in read_scenario(sys.argv[1])[1]]))
"""


def test_findings_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    text = GOOD.replace("covers: [Vault]", "covers: [Vaul, Autocat]").replace("USD", "USD\nfoo: 1\nbar: 2", 1)
    path = write(tmp_path, scenario_yaml=text)
    said = set()
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(run.stdout)
    assert len(said) == 1
    assert len(json.loads(said.pop())) == 2
