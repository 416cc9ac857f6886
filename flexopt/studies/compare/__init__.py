"""Quotes side by side, each optimised separately over the same usage."""

from __future__ import annotations

from flexopt.studies.compare.run import Comparison, compare

__all__ = ["Comparison", "compare"]
