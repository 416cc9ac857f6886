"""Forges a saved plan: a number names a forgery, and the same number is the same forgery.

An edit changes one thing. A coordinated forgery changes a claim wherever the plan repeats it. Both are
written as flexopt would write them: with the tables and summary.json made again, and a checksum that fits.
"""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from documents import sealed

from flexopt.store.folder import CHARGES_CSV, plan_files
from flexopt.store.plan import PlanDocument
from flexopt.store.plan_json import parse_document

Document = dict[str, Any]
Forgery = Callable[[Document, random.Random], None]


def as_read(folder: Path) -> Document:
    """plan.json without its checksum."""
    document: Document = json.loads((folder / "plan.json").read_text())
    document.pop("sha256", None)
    return document


def write_forged(document: Document, folder: Path, place: Path, *, rendered: bool = True) -> bool:
    """The forged plan as a folder with all that follows from it; False if it is no plan at all."""
    shutil.copytree(folder, place)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    try:
        model = PlanDocument.model_validate(parse_document(text))
    except ValueError:
        return False
    if rendered:
        for name, pieces in plan_files(model).items():
            (place / name).write_text("".join(pieces), newline="")
    (place / "plan.json").write_text(sealed(text), newline="")
    return True


# --- one thing -------------------------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every cell of the document."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))
    else:
        yield path


def edit(document: Document, chance: random.Random) -> str:
    """Change one cell, or remove, repeat or exchange rows; returns where."""
    # a part first: otherwise all edits would be in the assignment
    key = chance.choice(
        [k for k in document if k not in ("schema", "charge_rows") and document[k] is not None]
    )
    rows = document[key]
    if isinstance(rows, list) and len(rows) > 1 and chance.random() < 0.2:
        return f"{key}: {_rows(rows, chance)}"
    path = chance.choice(list(places(document[key], (key,))) or [(key,)])
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    old = holder[path[-1]]
    holder[path[-1]] = new = _other(old, chance)
    return f"{'.'.join(map(str, path))}: {old} -> {new}"


def _rows(rows: list[Any], chance: random.Random) -> str:
    a, b = chance.sample(range(len(rows)), 2)
    what = chance.choice(["removed", "repeated", "exchanged"])
    if what == "removed":
        del rows[a]
    elif what == "repeated":
        rows.insert(a, copy.deepcopy(rows[a]))
    elif isinstance(rows[a], dict):
        name = chance.choice([n for n in rows[a] if rows[a][n] != rows[b].get(n)] or [next(iter(rows[a]))])
        rows[a][name], rows[b][name] = rows[b].get(name), rows[a][name]
        what = f"{name} exchanged"
    return f"{what} {a} {b}"


def _other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, list | dict):
        return [value]
    if value is None:
        return chance.choice(["1.00", 1, "2026-06-01", "x"])
    if isinstance(value, int):
        return value + chance.choice([1, 2, 10]) * (1 if value < 3 else chance.choice([1, -1]))
    try:
        return str(Decimal(value) + Decimal(chance.choice(["0.01", "1", "100", "-0.01"])))
    except ArithmeticError:
        pass
    try:
        return str(date.fromisoformat(value) + timedelta(days=chance.choice([-31, -1, 1, 30])))
    except ValueError:
        return chance.choice(
            [f"{value}x", value[:-1] or "y", value.upper() if value != value.upper() else "z"]
        )


# --- coordinated -----------------------------------------------------------------------------------------


def _add(holder: Any, amount: str, *names: str) -> None:
    for name in names:
        if holder[name] is not None:
            holder[name] = str(Decimal(holder[name]) + Decimal(amount))


def todays_bill(doc: Document, chance: random.Random) -> None:
    """The baseline that the headline uses costs more, in every place."""
    amount = chance.choice(["5000.00", "0.01", "120.50"])
    name = next(iter(doc["baselines"])) if "today" not in doc["baselines"] else "today"
    _add(doc["baselines"][name], amount, "total", "seats", "saving")
    if name == "today" and "review" in doc:
        _add(doc["review"], amount, "today", "saving")


def no_baselines(doc: Document, chance: random.Random) -> None:
    if chance.random() < 0.5:
        doc["baselines"] = {}
    else:
        doc["baselines"].pop("today", None)
        doc["baselines"].pop(chance.choice(["all_named", "all_flex", "x"]), None)
    doc["summary"].update(users_to_flex=None, users_to_seats=None, users_idle=None)


def no_cost(doc: Document, chance: random.Random) -> None:
    """A baseline is not possible any more."""
    name = chance.choice(list(doc["baselines"]))
    note = chance.choice(
        ["no result within the time limit", "not possible within the scenario's rules and limits"]
    )
    doc["baselines"][name] = {"total": None, "seats": None, "tokens": None, "saving": None, "note": note}


def status(doc: Document, chance: random.Random) -> None:
    """Proven where it is not, or not where it is."""
    if doc["status"] == "feasible" or chance.random() < 0.3:
        doc["status"] = "optimal"
        _bound(doc, doc["total"], "0")
    else:
        bound = (Decimal(doc["total"]) * Decimal("0.9")).quantize(Decimal("0.01"))
        doc["status"] = "feasible"
        gap = ((Decimal(doc["total"]) - bound) / Decimal(doc["total"])).quantize(
            Decimal("1e-12"), "ROUND_CEILING"
        )
        _bound(doc, str(bound), str(gap))
        doc["proof"]["prices"]["bound"] = str(min(bound, Decimal(doc["proof"]["prices"]["bound"])))


def _bound(doc: Document, bound: str, gap: str) -> None:
    doc["proof"].update(bound=bound, gap=gap)
    if bound == doc["total"]:
        doc["proof"]["rounding"] = {"amount": "0.00", "invoices": 0}


def cheaper(doc: Document, chance: random.Random) -> None:
    """A seat costs less in the rows, the sums and the charges."""
    rows = [row for row in doc["seats"] if Decimal(row["cost"]) > 100]
    row, amount = chance.choice(rows), chance.choice(["-100.00", "-0.01", "10.00"])
    _add(row, amount, "cost", "commitment")
    _add(doc["summary"], amount, "seats", "commitment")
    _add(doc, amount, "total")
    _add(doc["proof"], amount, "cost", "bound")
    charge = next(c for c in doc["charges"] if c["kind"] == "seat" and Decimal(c["amount"]) > 100)
    _add(charge, amount, "amount")
    for baseline in doc["baselines"].values():
        _add(baseline, str(-Decimal(amount)), "saving")
    seat = next(
        r
        for r in doc["assignment"]
        if (r["offer"], r["contract_start"]) == (row["offer"], row["contract_start"]) and Decimal(r["cost"])
    )
    _add(seat, amount, "cost")


def other_seats(doc: Document, chance: random.Random) -> None:
    """Two users exchange what they have."""
    users = sorted({r["user"] for r in doc["assignment"]})
    a, b = chance.sample(users, 2)
    swap = {a: b, b: a}
    for row in doc["assignment"]:
        row["user"] = swap.get(row["user"], row["user"])


def other_name(doc: Document, chance: random.Random) -> None:
    """Somebody who does not exist has somebody's seats."""
    user = chance.choice(doc["assignment"])["user"]
    for row in doc["assignment"]:
        row["user"] = "nobody@example.com" if row["user"] == user else row["user"]


def other_day(doc: Document, chance: random.Random) -> None:
    """A pack on another day, with its expiry, and the ledger's `bought` with it."""
    pack, days = chance.choice(doc["purchases"]), timedelta(days=chance.choice([-30, 1, 31]))
    for name in ("date", "expires"):
        pack[name] = str(date.fromisoformat(pack[name]) + days)


def token_price(doc: Document, chance: random.Random) -> None:
    """A pack is cheaper in every place that says so."""
    pack = chance.choice(doc["purchases"])
    less = (Decimal(pack["tokens"]) * Decimal("0.1")).quantize(Decimal("0.01"))
    _add(pack, "-0.1", "unit_price")
    _add(pack, str(-less), "cost")
    _add(doc["summary"], str(-less), "tokens", "commitment", "used_cost")
    _add(doc, str(-less), "total")
    _add(doc["proof"], str(-less), "cost", "bound")
    _add(next(c for c in doc["charges"] if c["kind"] == "tokens"), str(-less), "amount")
    for baseline in doc["baselines"].values():
        _add(baseline, str(less), "saving")


def margin(doc: Document, chance: random.Random) -> None:
    _add(chance.choice(doc["proof"]["marginal_token_prices"]), "0.25", "price")


def break_even(doc: Document, chance: random.Random) -> None:
    """Every break-even of a product is later, and segments follow."""
    product = chance.choice([r["product"] for r in doc["assignment"] if r["break_even_days"]])
    for row in doc["assignment"]:
        if row["product"] == product and row["break_even_days"]:
            _add(row, "5", "break_even_days")


def segment(doc: Document, chance: random.Random) -> None:
    row = chance.choice(doc["assignment"])
    row["segment"] = chance.choice(sorted({"power", "edge", "occasional"} - {row["segment"]}))


def reason(doc: Document, chance: random.Random) -> None:
    row = chance.choice(doc["assignment"])
    row["reason"] = chance.choice(
        [row["reason"].replace(".", ",", 1), "The manager asked for it.", row["reason"] + " "]
    )


def finding(doc: Document, chance: random.Random) -> None:
    if doc["findings"]:
        del doc["findings"][chance.randrange(len(doc["findings"]))]
    else:
        said = {"severity": "info", "code": "U100", "file": "x", "row": None, "column": "", "message": "fine"}
        doc["findings"].append(said | {"count": 1, "hint": ""})


def names(doc: Document, chance: random.Random) -> None:
    """Another name of the plan, in both places; or another version, solver or seed."""
    which = chance.randrange(4)
    if which == 0:
        doc["name"] = doc["scenario"]["name"] = f"{doc['name']} (approved)"
    elif which == 1:
        doc["flexopt"] = "9.9.9"
    elif which == 2:
        doc["proof"]["solver"] = "Gurobi 12.0"
    else:
        doc["proof"][chance.choice(["seed", "variables", "rows", "users_in_core", "choices_in_core"])] += 1


def moves(doc: Document, chance: random.Random) -> None:
    name = chance.choice(["users_to_flex", "users_to_seats", "users_idle"])
    doc["summary"][name] = (doc["summary"][name] or 0) + 1


def left_out(doc: Document, chance: random.Random) -> None:
    """Use that is not planned is not mentioned."""
    if doc["left_out"]:
        gone = doc["left_out"].pop(chance.randrange(len(doc["left_out"])))
        doc["coverage"]["days_left_out"] -= gone["days"]
    else:
        doc["left_out"].append({"user": "x", "product": "y", "days": 1, "reason": "policy: access none"})
        doc["coverage"]["days_left_out"] += 1


def prices(doc: Document, chance: random.Random) -> None:
    """A price of the scenario, of seats or tokens."""
    if chance.random() < 0.5:
        tiers = doc["scenario"]["tokens"]["tiers"]
        _add(chance.choice(tiers), "0.1", "price") if tiers else names(doc, chance)
    else:
        _add(chance.choice(chance.choice(doc["scenario"]["offers"])["prices"]), "10", "new")


def certificate(doc: Document, chance: random.Random) -> None:
    cut = chance.choice(doc["proof"]["prices"]["cuts"])
    price = chance.choice(cut)
    price["price"] = repr(float(price["price"]) * 0.9 + 0.1)


def hashes(doc: Document, chance: random.Random) -> None:
    if doc["inputs"] and chance.random() < 0.7:
        chance.choice(doc["inputs"])["sha256"] = "0" * 64
    else:
        doc["files"][0]["sha256"] = "1" * 64


COORDINATED: tuple[Forgery, ...] = (
    *(todays_bill, no_baselines, no_cost, status, cheaper, other_seats, other_name, other_day, token_price),
    *(margin, break_even, segment, reason, finding, names, moves, left_out, prices, certificate, hashes),
)


def forged(document: Document, number: int) -> tuple[str, Document]:
    """What was forged, and the plan; every second number is a coordinated forgery."""
    chance, changed = random.Random(number), copy.deepcopy(document)
    if number % 2:
        forgery = COORDINATED[number // 2 % len(COORDINATED)]
        forgery(changed, chance)
        return forgery.__name__, changed
    return f"edit of {edit(changed, chance)}", changed


def edited_file(folder: Path, number: int) -> str:
    """A file of the folder is changed by hand; returns which."""
    chance = random.Random(number)
    path = chance.choice(sorted(folder.iterdir()))
    lines = path.read_text().split("\n")
    line = chance.randrange(len(lines) - 1)
    digits = [n for n, c in enumerate(lines[line]) if c.isdigit()]
    if digits:
        at = chance.choice(digits)
        lines[line] = f"{lines[line][:at]}{(int(lines[line][at]) + 1) % 10}{lines[line][at + 1 :]}"
    else:
        lines[line] = f"{lines[line]} "
    path.write_text("\n".join(lines), newline="")
    return f"{path.name}: line {line + 1}" + ("" if path.name != CHARGES_CSV else " of the charges")
