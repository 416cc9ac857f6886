"""When a pack expires, and which pack is drawn first: examples by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from flexopt.inputs.rules.expiry import Lot, draw, expiry_date, live_lots
from flexopt.inputs.scenario.scenario import Tokens

JANUARY, MARCH, NEXT_YEAR = date(2026, 1, 1), date(2026, 3, 1), date(2027, 1, 1)


def lot(tokens: int, start: date = JANUARY, expires: date = NEXT_YEAR) -> Lot:
    return Lot(start, expires, Fraction(tokens))


def test_a_pack_lives_valid_days_from_its_date() -> None:
    tokens = Tokens.model_validate({"tiers": [{"from": 100, "price": "3.00"}], "valid_days": 365})
    assert expiry_date(tokens, JANUARY) == NEXT_YEAR
    assert expiry_date(tokens, date(2027, 12, 1)) == date(2028, 11, 30)  # 2028 has a 29 February


def test_a_pack_can_be_used_from_its_first_day_to_the_day_before_it_expires() -> None:
    pack = lot(100, JANUARY, MARCH)
    assert live_lots([pack], JANUARY) == [pack]
    assert live_lots([pack], date(2026, 2, 28)) == [pack]
    assert live_lots([pack], MARCH) == []
    assert live_lots([pack], date(2025, 12, 31)) == []


def test_the_earliest_expiry_is_drawn_first_then_the_smallest() -> None:
    late, large, small = lot(50), lot(300, expires=MARCH), lot(200, expires=MARCH)
    live = live_lots([late, large, small], JANUARY)
    assert live == [small, large, late]
    assert draw(live, Fraction(520)) == 0
    assert [p.left for p in (small, large, late)] == [0, 0, 30]
    assert draw(live, Fraction(40)) == 10  # what the packs could not serve
