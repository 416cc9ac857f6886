"""Ways to tamper with the plan of the estate, and the words with which the audit finds each."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

Document = dict[str, Any]


def row(table: str, **where: Any) -> Callable[[Document], Any]:
    """The first row of the table with these cells."""

    def find(doc: Document) -> Any:
        return next(r for r in doc[table] if all(r[k] == v for k, v in where.items()))

    return find


def add(amount: str, column: str, find: Callable[[Document], Any]) -> Callable[[Document], None]:
    """Add to a number that is written as text, or to a count."""

    def change(doc: Document) -> None:
        cell = find(doc)[column]
        find(doc)[column] = (
            cell + int(amount) if isinstance(cell, int) else str(Decimal(cell) + Decimal(amount))
        )

    return change


def put(value: Any, column: str, find: Callable[[Document], Any]) -> Callable[[Document], None]:
    def change(doc: Document) -> None:
        assert find(doc)[column] != value
        find(doc)[column] = value

    return change


def drop(table: str, **where: Any) -> Callable[[Document], None]:
    return lambda doc: doc[table].remove(row(table, **where)(doc))


def twice(table: str, **where: Any) -> Callable[[Document], None]:
    return lambda doc: doc[table].append(copy.deepcopy(row(table, **where)(doc)))


def both(*changes: Callable[[Document], None]) -> Callable[[Document], None]:
    def change(doc: Document) -> None:
        for one in changes:
            one(doc)

    return change


def swap(table: str, column: str) -> Callable[[Document], None]:
    """Swap a column between the first two rows."""

    def change(doc: Document) -> None:
        a, b = doc[table][:2]
        assert a[column] != b[column]
        a[column], b[column] = b[column], a[column]

    return change


def to_flex(user: str, product: str) -> Callable[[Document], None]:
    """The first seat of a user becomes Flex: the row as a careless program would write it."""

    def change(doc: Document) -> None:
        seat = row("assignment", user=user, product=product, access="named")(doc)
        seat |= {"access": "flex", "offer": "", "contract_start": None, "contract_end": None}

    return change


PART: dict[str, Callable[[Document], Any]] = {
    "summary": lambda doc: doc["summary"],
    "proof": lambda doc: doc["proof"],
    "plan": lambda doc: doc,
    "coverage": lambda doc: doc["coverage"],
    "named": lambda doc: doc["baselines"]["all_named"],
}
FLEX = row("assignment", user="kim", access="flex")
# who sits on the owned seats is a tie; whoever does so renews
OWNED_ROW = row("assignment", offer="autocad-1y", contract_end="2026-04-01")


def renewed_row(doc: Document) -> Any:
    return row("assignment", user=OWNED_ROW(doc)["user"], contract_start="2026-04-01")(doc)


OWNED = row("seats", offer="autocad-1y", contract_end="2026-04-01")
RENEWAL = row("seats", offer="autocad-1y", contract_start="2026-04-01")
NEW = row("seats", offer="autocad-1y", contract_start="2026-01-01", contract_end="2027-01-01")
AEC, VAULT = row("seats", offer="aec-1y"), row("seats", offer="vault-1y")
MONTH = row("seats", offer="autocad-1m")

ORDER = row("order", offer="autocad-1y", date="2026-04-01")


def first_pack(doc: Document) -> Any:
    return doc["purchases"][0]


def ledger(number: int) -> Callable[[Document], Any]:
    return lambda doc: doc["ledger"][number]


CENT, LESS = "0.01", "-0.01"
SEAT_CHARGE = row("charge_rows", user="ray", month="2026-01")
TAMPERED: dict[str, tuple[Callable[[Document], None], str]] = {
    # who has what
    "a day more on Flex": (add("1", "days", FLEX), "days of AutoCAD on Flex"),
    "a token less": (add("-7", "tokens", FLEX), "tokens of AutoCAD"),
    "a millionth of a token too few": (add("-0.00001", "tokens", FLEX), "tokens of AutoCAD"),
    "a day moved between two seats of a user": (
        both(add("1", "days", OWNED_ROW), add("-1", "days", renewed_row)),
        "days of AutoCAD on seats of autocad-1y",
    ),
    "a day moved between two users": (
        both(
            add("1", "days", row("assignment", user="ray")), add("-1", "days", row("assignment", user="sid"))
        ),
        "days of Revit on seats",
    ),
    "a row missing": (drop("assignment", user="kim"), "days of AutoCAD on Flex"),
    "a seat's row missing": (drop("assignment", user="val"), "no access to Vault"),
    "a row twice": (twice("assignment", user="kim"), "twice"),
    "a row of nobody": (
        lambda doc: doc["assignment"].append({**FLEX(doc), "user": "zoe"}),
        "AutoCAD without demand",
    ),
    "a row of a user that policy leaves out": (
        lambda doc: doc["assignment"].append({**FLEX(doc), "user": "guy", "product": "Revit"}),
        "Revit without demand",
    ),
    "a seat becomes Flex": (to_flex("ray", "Revit"), "tokens of Revit"),
    "a product that is not on Flex becomes Flex": (
        to_flex("val", "Vault"),
        "no access to Vault on 2026-01-01",
    ),
    "named by policy, on Flex": (to_flex("sid", "Revit"), "the policy requires a seat"),
    "Flex by policy, on a seat": (
        lambda doc: FLEX(doc).update(
            access="named", offer="aec-1y", contract_start="2026-01-01", contract_end="2027-01-01", tokens="0"
        ),
        "the policy requires Flex",
    ),
    "a seat that does not cover": (put("revit-1y", "offer", OWNED_ROW), "which does not cover it"),
    "a seat that ends a month early": (
        put("2026-03-01", "contract_end", OWNED_ROW),
        "days of AutoCAD",
    ),
    "a seat that starts one day late: no access on that day": (
        put("2026-01-02", "contract_start", row("assignment", user="val")),
        "no access to Vault on 2026-01-01",
    ),
    "tokens of days on a seat": (put("7", "tokens", OWNED_ROW), "on a seat take tokens"),
    "an unknown access": (put("both", "access", FLEX), "Input should be 'named' or 'flex'"),
    "Flex with a contract": (put("aec-1y", "offer", FLEX), "on Flex has a contract"),
    "another group": (put("site", "group", FLEX), "another group"),
    "flex_price up a cent": (add(CENT, "flex_price", FLEX), "flex_price"),
    "flex_price of a seat up a cent": (add(CENT, "flex_price", renewed_row), "flex_price"),
    "flex_price of what is not on Flex": (
        put("1.00", "flex_price", row("assignment", user="val")),
        "flex_price",
    ),
    "seat_price down a cent": (add(LESS, "seat_price", renewed_row), "seat_price"),
    # seats
    "a seat's price up a cent": (add(CENT, "unit_price", NEW), "`unit_price` of 3 seats of autocad-1y"),
    "a seat's cost up a cent": (add(CENT, "cost", NEW), "`cost` of 3 seats of autocad-1y"),
    "a commitment up a cent": (add(CENT, "commitment", RENEWAL), "`commitment` of 2 seats of autocad-1y"),
    "pro rata down a cent": (add(LESS, "cost", RENEWAL), "`cost` of 2 seats of autocad-1y"),
    "prices swapped": (swap("seats", "unit_price"), "`unit_price`"),
    "costs swapped": (swap("seats", "cost"), "`cost`"),
    "an owned seat charged": (add("1", "cost", OWNED), "owned seats of autocad-1y are charged"),
    "an owned seat too few": (
        add("-1", "owned", OWNED),
        "1 owned seats of autocad-1y from 2026-01-01 until 2026-04-01",
    ),
    "an owned seat too many": (add("1", "owned", OWNED), "3 owned seats of autocad-1y"),
    "owned seats from another day": (
        put("2025-12-01", "contract_start", OWNED),
        "0 owned seats of autocad-1y from 2026-01-01",
    ),
    "owned seats missing": (drop("seats", offer="autocad-1y", owned=2), "0 owned seats of autocad-1y"),
    "one seat too few": (add("-1", "new", AEC), "aec-1y"),
    "one seat too few, two users on one": (add("-1", "new", NEW), "3 users on 2 new seats of autocad-1y"),
    "fewer assigned than sit": (add("-1", "assigned", NEW), "3 users have seats of autocad-1y"),
    "more assigned than sit": (add("1", "assigned", VAULT), "1 users have seats of vault-1y"),
    "renewals beyond the holding": (
        both(
            add("1", "renewed", RENEWAL),
            lambda doc: RENEWAL(doc).update(cost="4058.31", commitment="5386.50"),
        ),
        "3 renewals of the 2 seats of autocad-1y",
    ),
    "renewals beyond the holding in two rows": (
        lambda doc: doc["seats"].append(copy.deepcopy(RENEWAL(doc)) | {"assigned": 0}),
        "4 renewals of the 2 seats",
    ),
    "new seats at the renewal price": (
        lambda doc: NEW(doc).update(new=0, renewed=3),
        "3 renewals of the 0 seats of autocad-1y",
    ),
    "renewals at the price of new seats": (
        lambda doc: row("seats", offer="revit-1y", renewed=1)(doc).update(
            unit_price="2686.50", cost="2686.50", commitment="2686.50"
        ),
        "`cost` of 1 seats of revit-1y",
    ),
    "a row of two kinds": (add("1", "new", RENEWAL), "not have seats of exactly one kind"),
    "a row of no seats": (put(0, "new", MONTH), "not have seats of exactly one kind"),
    "a negative row": (put(-1, "new", MONTH), "Input should be greater than or equal to 0"),
    "an unknown offer": (put("gold", "offer", AEC), "there is no offer gold"),
    "a term that is too long": (
        put("2027-02-01", "contract_end", AEC),
        "a term of aec-1y from 2026-01-01 ends",
    ),
    "an annual seat from a day that is not allowed": (
        lambda doc: AEC(doc).update(contract_start="2026-02-01", contract_end="2027-02-01"),
        "may not start on 2026-02-01",
    ),
    "an order under the minimum": (add("-1", "new", VAULT), "fewer than the minimum of 2"),
    "more seats than the maximum": (add("1", "new", MONTH), "more than the maximum of 1"),
    "a seat nobody needs, unpaid": (twice("seats", offer="aec-1y"), "aec-1y from 2026-01-01 appear twice"),
    "seats missing": (drop("seats", offer="revit-1y", new=1), "2 users have seats of revit-1y"),
    # packs
    "a pack's cost up a cent": (add(CENT, "cost", first_pack), "the pack of"),
    "a token's price": (add("0.0001", "unit_price", first_pack), "a token of"),
    "another tier": (put(1, "tier_from", first_pack), "are in the tier from"),
    "token prices swapped": (swap("purchases", "unit_price"), "a token of"),
    "an increment more, unpaid": (add("100", "tokens", first_pack), "the pack of"),
    "half an increment": (add("50", "tokens", first_pack), "not whole increments of 100"),
    "no tokens": (put(0, "tokens", first_pack), "not whole increments"),
    "a pack that lives a day longer": (put("2027-02-01", "expires", first_pack), "expires on"),
    "a pack on another day": (put("2026-02-01", "date", first_pack), "2026-02-01 is not a purchase date"),
    "a pack missing": (lambda doc: doc["purchases"].pop(), "the pool is short of"),
    "a pack twice": (
        lambda doc: doc["purchases"].append(copy.deepcopy(first_pack(doc))),
        "two purchases on one day",
    ),
    "more purchases than allowed": (
        lambda doc: doc["purchases"].append(
            {**first_pack(doc), "date": "2026-01-01", "expires": "2026-07-20"}
        ),
        "3 purchases are more than max_purchases",
    ),
    "more tokens than max_oversize allows": (add("9000", "tokens", first_pack), "max_oversize"),
    # the ledger
    "opening": (add("1", "opening", ledger(0)), "`opening` in the ledger of 2026-01-01"),
    "bought": (add("1", "bought", ledger(3)), "`bought` in the ledger"),
    "used": (both(add("1", "used", ledger(2)), add("-1", "buffer", ledger(2))), "`used` in the ledger"),
    "used and closing": (
        both(add("1", "used", ledger(2)), add("-1", "closing", ledger(2))),
        "`closing` in the ledger",
    ),
    "buffer kept": (
        both(add("-1", "buffer", ledger(2)), add("1", "closing_with_buffer", ledger(2))),
        "`buffer` in the ledger",
    ),
    "opening with the buffer": (
        add("1", "opening_with_buffer", ledger(2)),
        "does not add up with the buffer",
    ),
    "expired with the buffer": (
        both(add("1", "expired_with_buffer", ledger(2)), add("-1", "closing_with_buffer", ledger(2))),
        "`expired_with_buffer` in the ledger",
    ),
    # the charges
    "a cent more": (add(CENT, "amount", SEAT_CHARGE), "the charges add up to"),
    "a cent moved between months": (
        both(
            add(CENT, "amount", SEAT_CHARGE),
            add(LESS, "amount", row("charge_rows", user="ray", month="2026-02")),
        ),
        "is not the sum of its rows",
    ),
    "a euro moved between months, sums too": (
        both(
            add("1.00", "amount", SEAT_CHARGE),
            add("-1.00", "amount", row("charge_rows", user="ray", month="2026-02")),
            add("1.00", "amount", row("charges", month="2026-01", group="", kind="seat")),
            add("-1.00", "amount", row("charges", month="2026-02", group="", kind="seat")),
        ),
        "are not charged by days in 2026-01",
    ),
    "a charge moved between users": (
        both(
            add("1.00", "amount", SEAT_CHARGE),
            add("-1.00", "amount", row("charge_rows", user="val", month="2026-01")),
        ),
        "the charges for Revit are not its cost",
    ),
    "a charge moved between products": (
        both(
            *(
                add(amount, "amount", row("charge_rows", user="dot", product=product, month=month))
                for amount, product, month in (
                    ("5.00", "Revit", "2026-01"),
                    ("-5.00", "Revit", "2026-02"),
                    ("-5.00", "AutoCAD", "2026-01"),
                    ("5.00", "AutoCAD", "2026-02"),
                )
            )
        ),
        "a seat is not shared by days of use in 2026-01",
    ),
    "days moved between months": (
        both(
            add("1", "quantity", SEAT_CHARGE),
            add("-2", "quantity", row("charge_rows", user="ray", month="2026-02")),
        ),
        "the charges for Revit are not its days",
    ),
    "tokens of one user cheaper": (
        both(
            add("-3.00", "amount", row("charge_rows", user="kim", kind="tokens", month="2026-09")),
            add("3.00", "amount", row("charge_rows", user="", kind="per-result service", month="2026-09")),
        ),
        "a token does not cost everybody the same in 2026-09",
    ),
    "tokens moved between months": (
        both(
            add("-3.00", "amount", row("charge_rows", user="kim", kind="tokens", month="2026-09")),
            add("3.00", "amount", row("charge_rows", user="kim", kind="tokens", month="2026-10")),
        ),
        "the tokens of 2026-09 do not cost what they are drawn from",
    ),
    "buffer called unused": (
        both(
            add("-1.00", "amount", row("charge_rows", kind="buffer", month="2026-12")),
            add("1.00", "amount", row("charge_rows", kind="unused tokens", month="2026-12")),
        ),
        "the unused tokens of 2026-12 is not what the packs cost",
    ),
    "buffer called unused, in tokens": (
        both(
            add("-1", "quantity", row("charge_rows", kind="buffer", month="2026-12")),
            add("1", "quantity", row("charge_rows", kind="unused tokens", month="2026-12")),
        ),
        "the buffer of 2026-12 is",
    ),
    "an empty seat cheaper": (
        both(
            add("-1.00", "amount", row("charge_rows", kind="empty seat")),
            add("1.00", "amount", row("charge_rows", kind="buffer", month="2026-12")),
        ),
        "the empty seats of vault-1y are charged -100 cents too much",
    ),
    "two empty seats": (
        add("1", "quantity", row("charge_rows", kind="empty seat")),
        "1 empty seats of vault-1y",
    ),
    "another cost centre": (
        put("CC 1", "cost_centre", SEAT_CHARGE),
        "a cost centre that is not their user's",
    ),
    "another group of a charge": (put("site", "group", SEAT_CHARGE), "a group that is not their user's"),
    "a month outside the horizon": (put("2027-01", "month", SEAT_CHARGE), "charges have the month 2027-01"),
    "an unknown kind": (put("gift", "kind", SEAT_CHARGE), "charges have the kind gift"),
    "nobody's charge of a user": (
        put("ray", "user", row("charge_rows", kind="buffer")),
        "charges for use are not of a user and product",
    ),
    "a charge missing": (drop("charge_rows", user="ray", month="2026-01"), "the charges add up to"),
    "a charge twice": (twice("charge_rows", user="ray", month="2026-01"), "charges appear twice"),
    "parts of a cent": (add("0.001", "amount", SEAT_CHARGE), "charges are not whole minor units"),
    "a payer missing": (drop("charges", kind="seat", month="2026-01"), "the charges by payer are not those"),
    "a payer's amount": (add(CENT, "amount", row("charges", kind="seat")), "is not the sum of its rows"),
    "the cost of a seat": (
        both(add("1.00", "cost", row("assignment", user="ray")), add("1.00", "amount", SEAT_CHARGE)),
        "which is not its price",
    ),
    "the cost of tokens": (add(CENT, "cost", FLEX), "the charges for AutoCAD are not its cost"),
    "the cost of what is used": (add(CENT, "used_cost", PART["summary"]), "`used_cost` of the summary is"),
    "the cost of the buffer": (add(LESS, "buffer_cost", PART["summary"]), "`buffer_cost` of the summary is"),
    "the cost of what expires": (add(CENT, "expired_cost", PART["summary"]), "left tokens do not cost"),
    "what expires and what is left": (
        both(add("50.00", "expired_cost", PART["summary"]), add("-50.00", "left_cost", PART["summary"])),
        "`expired_cost` of the summary is not what the packs cost",
    ),
    "what is left with the buffer": (
        add("1.00", "left_cost_with_buffer", PART["summary"]),
        "left tokens with the buffer do not cost",
    ),
    "expired tokens kept": (
        lambda doc: ledger(0)(doc).update(
            expired="0", closing=str(Decimal(ledger(0)(doc)["closing"]) + Decimal(ledger(0)(doc)["expired"]))
        ),
        "`expired` in the ledger of 2026-01-01 is 0 tokens",
    ),
    "closing written off": (
        lambda doc: ledger(-1)(doc).update(expired=ledger(-1)(doc)["closing"], closing="0"),
        "`expired` in the ledger of 2026-12-01",
    ),
    "a jump between periods": (
        both(add("5", "opening", ledger(4)), add("5", "closing", ledger(4))),
        "`opening` in the ledger",
    ),
    "a period missing": (lambda doc: doc["ledger"].pop(4), "the ledger continues on"),
    "the last period missing": (lambda doc: doc["ledger"].pop(), "the ledger ends on 2026-12-01"),
    "a period twice": (
        lambda doc: doc["ledger"].insert(1, copy.deepcopy(doc["ledger"][0])),
        "the ledger continues on",
    ),
    "a period that ends before it starts": (put("2025-12-01", "period_end", ledger(2)), "has a period from"),
    # sums and proof
    "the total": (add(LESS, "total", PART["plan"]), "the total is"),
    "the sum of seats": (add(LESS, "seats", PART["summary"]), "`seats` of the summary"),
    "the sum of tokens": (add(CENT, "tokens", PART["summary"]), "`tokens` of the summary"),
    "the commitment": (add(CENT, "commitment", PART["summary"]), "`commitment` of the summary"),
    "users": (add("1", "users", PART["summary"]), "`users` of the summary"),
    "users on both": (add("1", "users_both", PART["summary"]), "`users_both` of the summary"),
    "users on seats": (add("-1", "users_named_only", PART["summary"]), "`users_named_only` of the summary"),
    "annual seats": (add("-1", "annual_seats", PART["summary"]), "`annual_seats` of the summary"),
    "monthly seats": (add("1", "monthly_seats", PART["summary"]), "`monthly_seats` of the summary"),
    "months of seats": (add("1", "seat_months", PART["summary"]), "`seat_months` of the summary"),
    "paid later": (
        both(add("5", "paid_later", PART["summary"]), add("-5", "paid_in_horizon", PART["summary"])),
        "`paid_later` of the summary",
    ),
    # what is ordered and invoiced
    "a line of the order gone": (
        drop("order", offer="aec-1y"),
        "a row of aec-1y on 2026-01-01 in `order` is",
    ),
    "a line ordered twice": (twice("order", offer="aec-1y"), "`order` is not one of the plan"),
    "a seat ordered instead of renewed": (
        both(add("-1", "renew", ORDER), add("1", "new", ORDER)),
        "`renew` of autocad-1y on 2026-04-01 in `order` is",
    ),
    "seats held that are not": (
        both(add("1", "have", ORDER), add("1", "reduce", ORDER)),
        "`have` of autocad-1y",
    ),
    "another subscription": (put("S9", "subscription_id", ORDER), "`subscription_id` of autocad-1y"),
    "an order up a cent": (add(CENT, "amount", ORDER), "`amount` of autocad-1y on 2026-04-01 in `order`"),
    "a pack of another day": (put("2026-02-01", "date", row("order", kind="tokens")), "of tokens on 2026"),
    "an order out of its place": (lambda doc: doc["order"].reverse(), "`order` are not sorted by date"),
    "an invoice gone": (drop("payments", kind="tokens"), "a row of tokens on 2026-01-01 in `payments`"),
    "an invoice of a later day": (
        put("2026-12-31", "date", row("payments", offer="aec-1y")),
        "`payments` is missing",
    ),
    "another fiscal year": (
        put("2027", "fiscal_year", row("payments", offer="aec-1y")),
        "`fiscal_year` of aec-1y",
    ),
    "an invoice up a cent": (add(CENT, "amount", row("payments", offer="aec-1y")), "`amount` of aec-1y"),
    "seats owned": (add("1", "seats_owned", PART["summary"]), "`seats_owned` of the summary"),
    "tokens bought": (add("100", "tokens_bought", PART["summary"]), "`tokens_bought` of the summary"),
    "tokens used": (add("1", "tokens_used", PART["summary"]), "`tokens_used` of the summary"),
    "tokens expired": (add("-1", "tokens_expired", PART["summary"]), "`tokens_expired` of the summary"),
    "tokens of the buffer": (add("1", "tokens_buffer", PART["summary"]), "`tokens_buffer` of the summary"),
    "tokens left with the buffer": (
        add("0.2", "tokens_left_with_buffer", PART["summary"]),
        "buffer and unused tokens are not those left and expired",
    ),
    "tokens left": (add("1", "tokens_left", PART["summary"]), "`tokens_left` of the summary"),
    "number of purchases": (add("1", "purchases", PART["summary"]), "`purchases` of the summary"),
    "the price of a token": (add("0.001", "token_price", PART["summary"]), "`token_price` of the summary"),
    "the effective price": (
        add("-0.5", "effective_token_price", PART["summary"]),
        "`effective_token_price` of the summary",
    ),
    "a bound above the total": (add("9999", "bound", PART["proof"]), "is above the total"),
    "a bound that is too low to be optimal": (
        lambda doc: doc["proof"].update(bound="0", gap="1"),
        "above its bound is feasible, not optimal",
    ),
    "a gap that flatters": (
        both(add("-500", "bound", PART["proof"]), put("0.0", "gap", PART["proof"])),
        "the gap is",
    ),
    "the gap asked": (put("0.5", "gap_asked", PART["proof"]), "gap_asked is not the scenario's"),
    "the proof of another plan": (add("1", "cost", PART["proof"]), "the proof is of a plan that costs"),
    "a status": (put("proven", "status", PART["plan"]), "Input should be 'optimal' or 'feasible'"),
    "less proven than is": (
        put("feasible", "status", PART["plan"]),
        "above its bound is optimal, not feasible",
    ),
    "a bound of half a cent": (add("-0.005", "bound", PART["proof"]), "is not a whole number of minor units"),
    "rounding that explains a gap": (
        lambda doc: doc["proof"]["rounding"].update(amount="0.05", invoices=10),
        "may be rounding, not 0.05",
    ),
    "a baseline below the bound": (
        lambda doc: PART["named"](doc).update(total="1.00", seats="1.00", tokens="0.00"),
        "all_named costs less than the bound",
    ),
    "a saving up a cent": (add(CENT, "saving", PART["named"]), "the saving against the baseline all_named"),
    "a baseline that does not add up": (add("5", "seats", PART["named"]), "all_named does not add up"),
    "a baseline without a word": (
        lambda doc: PART["named"](doc).update(total=None, seats=None, tokens=None, saving=None),
        "no total and no note",
    ),
    # what it is a plan of
    "another scenario": (
        lambda doc: doc["scenario"]["tokens"].update(buffer="0"),
        "not the one that was planned",
    ),
    "another currency": (put("EUR", "currency", PART["plan"]), "the currency"),
    "another horizon": (lambda doc: doc["horizon"].update(end="2026-12-31"), "the horizon"),
    "another history": (lambda doc: doc["history"].update(first="2024-01-01"), "the history"),
    "a user left out in silence": (lambda doc: doc["left_out"].pop(), "left_out does not list"),
    "fewer days left out": (add("-1", "days_left_out", PART["coverage"]), "days are left out"),
    "days of products not planned": (add("1", "days_not_planned", PART["coverage"]), "`days_not_planned` is"),
    "users not planned": (add("1", "users_not_planned", PART["coverage"]), "`users_not_planned` is"),
    "more days planned": (add("1", "days_planned", PART["coverage"]), "days are planned, not"),
    "more users planned": (add("1", "users_planned", PART["coverage"]), "users_planned"),
}
