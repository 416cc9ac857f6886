"""The prices in the proof: for days with a pack, and for rows that the scenario has."""

from __future__ import annotations

from datetime import date

from flexopt.audit.certificate.terms import make_terms
from flexopt.audit.notes import Notes
from flexopt.audit.rules import opening_packs
from flexopt.store.plan import CutPrice, PlanDocument


def marginal(doc: PlanDocument, notes: Notes) -> None:
    """The value of one more token is for periods of the ledger with a live pack, in order."""
    lives = [(pack.date, pack.expires) for pack in doc.purchases]
    lives += [(doc.horizon.start, pack.expires) for pack in opening_packs(doc.scenario)]
    edges = {doc.horizon.start, *(row.period_end for row in doc.ledger)}
    before = date.min
    for number, price in enumerate(doc.proof.marginal_token_prices):
        live = any(first <= price.start < after for first, after in lives)
        fits = before <= price.start < price.end and {price.start, price.end} <= edges and live
        notes.expect(fits, f"`proof.marginal_token_prices[{number}]` is not for days with a live pack")
        before = price.end


def stored_prices(doc: PlanDocument, notes: Notes) -> None:
    """Every price of the certificate is of a row of the scenario, and each row has one at most."""
    said = doc.proof.prices
    notes.expect(said.cuts_found >= len(said.cuts), f"`proof.prices.cuts_found` is {said.cuts_found}")
    notes.expect(
        said.bound <= doc.proof.bound, f"`proof.prices.bound` is {said.bound}, above the bound of the plan"
    )
    periods = [row.period_start for row in doc.ledger]
    terms = {term.key[:4] for term in make_terms(doc.scenario, doc.holdings, {})}
    offers = {offer.id for offer in doc.scenario.offers if offer.maximum is not None}
    budgets = {budget.id for budget in doc.scenario.budgets}
    for number, cut in enumerate(said.cuts):
        place = f"`proof.prices.cuts[{number}]"
        pool = [price.start for price in cut if price.row == "pool"]
        notes.expect(pool == periods, f"{place}` has not a price of the pool for each period of the ledger")
        labels = [tuple(value for name, value in price if name != "price") for price in cut]
        notes.expect(len(labels) == len(set(labels)), f"{place}` has a price twice")
        for n, price in enumerate(cut):
            fits = {
                "pool": price.offer is None,
                "maximum": price.offer in offers,
                "budget": price.id in budgets,
                "oversize": doc.scenario.tokens.max_oversize is not None,
            }.get(price.row, _term(price) in terms)
            notes.expect(fits, f"{place}[{n}]` is of a row that the scenario does not have")


def _term(price: CutPrice) -> tuple[str | None, str | None, date | None, date | None]:
    return price.offer, price.kind, price.start, price.end
