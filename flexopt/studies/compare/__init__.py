"""Quotes side by side: each optimised anew over one reading of the usage."""

from __future__ import annotations

from flexopt.studies.compare.run import Comparison, compare

__all__ = ["Comparison", "compare"]
