"""Numbers as people type them: what `2.310,00 €` or `15 %` was meant to be."""

from __future__ import annotations

import re

_SPACE = re.compile(r"[\s'’`_\u00a0\u2009\u202f]+")
_CURRENCY = r"[A-Za-z]{0,4}\.?[$€£¥₹]?"
_NUMBER = re.compile(rf"({_CURRENCY})([-+]?[0-9][0-9.,]*)({_CURRENCY}|[-–—]{{1,2}})(%?)")
_THOUSANDS = r"[1-9][0-9]{0,2}(?:%s[0-9]{3})+"


def meant(text: str) -> str:
    """The number as a scenario writes it; empty if there is none in the text.

    With both signs, the last is the decimal one; a comma followed by three digits separates thousands, and so
    does a point in an amount with its currency.
    """
    found = _NUMBER.fullmatch(_SPACE.sub("", text))
    if found is None:
        return ""
    before, number, after, percent = found.groups()
    sign, digits = ("-", number[1:]) if number[0] == "-" else ("", number.lstrip("+"))
    digits = digits.rstrip(".,")
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        thousands, decimal = (".", ",") if comma > point else (",", ".")
        digits = digits.replace(thousands, "").replace(decimal, ".")
    elif comma >= 0:
        digits = digits.replace(",", "" if re.fullmatch(_THOUSANDS % ",", digits) else ".")
    elif (before or after) and re.fullmatch(_THOUSANDS % r"\.", digits):
        digits = digits.replace(".", "")
    if digits.count(".") > 1:
        digits = digits.replace(".", "")
    if percent:
        whole, _, rest = digits.partition(".")
        digits = f"{whole.zfill(3)[:-2]}.{whole.zfill(3)[-2:]}{rest}"
    return sign + digits
