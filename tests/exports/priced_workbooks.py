"""Plans whose workbooks are calculated again, and workbooks with another price in a cell."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from build import AUTOCAD_YEAR, REVIT_YEAR, a_scenario, a_source, every, the_demand, usage_of
from documents import data
from python_calamine import CalamineWorkbook

from flexopt.base.dates import overlap_days
from flexopt.base.findings import Findings
from flexopt.base.money import Currency
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.sets import formulate
from flexopt.planning.bill import Bill, make_bill
from flexopt.planning.document import make_document
from flexopt.solve.optimise import optimise
from flexopt.store.plan import PlanDocument

Document = dict[str, Any]
Plan = tuple[Document, Callable[[Scenario], Bill]]
NO_SOURCE = {"source": "", "estimate": False}


def plain(document: Any) -> Document:
    """A copy of the data of a document."""
    if isinstance(document, PlanDocument):
        return data(document)
    return json.loads(json.dumps(document, default=list))  # type: ignore[no-any-return]


def a_plan(**changes: Any) -> tuple[Document, Scenario, Callable[[Scenario], Bill]]:
    """A document, its scenario, and the bill of the same seats and packs at another scenario's prices."""
    scenario = a_scenario(
        offers=[
            AUTOCAD_YEAR | {"instalments": {"number": 7, "every_months": 2}},
            REVIT_YEAR,
            {
                "id": "revit-1m",
                "covers": ["Revit"],
                "term_months": 1,
                "prices": [{"from": "2025-01-01", "new": 311}],
            },
        ],
        tokens={
            "tiers": [{"from": 1, "price": 3}, {"from": 300, "price": "2.85"}],
            "purchase_dates": "quarterly",
            "instalments": {"number": 3, "every_months": 1},
        },
        negotiated={"seats": "0.13", "tokens": "0.05"},
        holdings=[{"offer": "autocad-1y", "quantity": 2, "ends": "2026-05-01"}],
        **changes,
    )
    days = {(f"u{n}", "AutoCAD"): every(date(2025, 1, 1), 300 + 20 * n) for n in range(3)}
    days |= {("u3", "Revit"): every(date(2025, 3, 1), 60), ("u4", "AutoCAD"): every(date(2025, 2, 1), 49, 7)}
    demand = the_demand(days, scenario)
    problem = formulate(scenario, scenario.holdings, demand)
    optimum = optimise(problem)

    def bill(other: Scenario) -> Bill:
        return make_bill(formulate(other, other.holdings, demand), optimum.solution)

    document = make_document(
        source=a_source(scenario),
        usage=usage_of(days),
        problem=problem,
        optimum=optimum,
        bill=bill(scenario),
        baselines={},
        findings=Findings(),
        version="0",
    )
    return plain(document), scenario, bill


def many_seats(document: Document) -> Document:
    """Seats of many prices, starts and terms: half a cent is met often, and rounded up each time."""
    random.seed(1)
    start, end = (date.fromisoformat(document["horizon"][key]) for key in ("start", "end"))
    document = plain(document)
    document["seats"], prices = [], []
    for number in range(400):
        since = start + timedelta(days=number // 2)
        # one day in eight, sixteen ... inside the horizon: an eighth of 1.00 is 12.5 cents
        term = random.choice([8, 16, 20, 40, 365, 366, 1096])
        until = since + timedelta(days=term)
        if until - since == timedelta(days=term) and term < 50 and number % 2:
            since = end - timedelta(days=random.choice([1, 2, 3, 5, 7]))
            until = since + timedelta(days=term)
        unit = Decimal(random.randrange(1, 10 ** random.choice([3, 5, 7, 9]))) / 100
        count = random.randrange(1, 500)
        each = Currency("USD").round(Fraction(unit) * Fraction(overlap_days(since, until, start, end), term))
        prices.append({"id": f"o{number}", "from": str(since), "new": str(unit)})
        document["seats"].append(
            {
                "offer": f"o{number}",
                "contract_start": str(since),
                "contract_end": str(until),
                "owned": 0,
                "renewed": 0,
                "new": count,
                "added": 0,
                "unit_price": str(unit),
                "cost": str(each * count),
                "commitment": str(unit * count),
                "assigned": count,
                "in_full": 0,
                "subscription_id": "",
            }
        )
    document["scenario"]["offers"] = [
        document["scenario"]["offers"][0]
        | {"id": p["id"], "prices": [{"from": p["from"], "new": p["new"], "renewal": None, **NO_SOURCE}]}
        for p in prices
    ]
    tiers = []
    document["purchases"] = []
    for number in range(1, 200):
        tokens, price = (
            random.randrange(1, 10**6),
            Decimal(random.randrange(1, 10 ** (n := random.choice([4, 6, 8, 9, 12])))).scaleb(-n + 1),
        )
        tiers.append({"from": number, "price": format(price, "f"), **NO_SOURCE})
        document["purchases"].append(
            {
                "date": str(start),
                "tokens": tokens,
                "tier_from": number,
                "unit_price": format(price, "f"),
                "cost": str(Currency("USD").round(price * tokens)),
                "expires": str(end),
            }
        )
    document["scenario"]["tokens"]["tiers"] = tiers
    document["order"] = document["payments"] = []  # not made for these seats
    money = {key: sum(Decimal(s[key]) for s in document["seats"]) for key in ("cost", "commitment")}
    packs = sum(Decimal(p["cost"]) for p in document["purchases"])
    document["summary"] |= {
        "seats": str(money["cost"]),
        "tokens": str(packs),
        "commitment": str(money["commitment"] + packs),
        "paid_in_horizon": "0.00",
    }
    return document | {"total": str(money["cost"] + packs)}


def with_price(data: bytes, what: str, kind: str, price: str) -> bytes:
    """The workbook with another price in its cell of the sheet Assumptions."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("Assumptions")
    table = rows.to_python(skip_empty_area=False)
    (row,) = (n for n, cells in enumerate(table, 1) if cells[:2] == [what, kind])
    place = re.compile(rf'(<c r="F{row}" s="\d+"><v>)[^<]*(</v>)'.encode())
    sheet = f"xl/worksheets/sheet{SHEETS.index('Assumptions') + 1}.xml"
    out = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            text, changed = old.read(name), 0
            if name == sheet:
                text, changed = place.subn(rb"\g<1>" + price.encode() + rb"\g<2>", text)
            assert changed == (name == sheet)
            new.writestr(name, text)
    return out.getvalue()


SHEETS = [
    "Summary",
    "Order",
    "Payments",
    "Assignments",
    "Seats",
    "Purchases",
    "Ledger",
    "Charges",
    "Assumptions",
    "Proof",
]

CHANGED = {"autocad-1y": "2000.17", "revit-1m": "100.01", "Flex token": "1.23456"}
