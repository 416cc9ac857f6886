"""The random scenarios reach every part of the schema, and are scenarios that `check` would accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from profiles import one_in
from strategies import FEATURES, Instance, medium, small

from flexopt import load_scenario
from flexopt.inputs.usage import usage_from_frame


class EnoughError(Exception):
    """To draw instances takes long: no more of them."""


@pytest.mark.parametrize("strategy", [small, medium])
def test_every_feature_is_reached(strategy: Callable[[], st.SearchStrategy[Instance]]) -> None:
    hits: Counter[str] = Counter()

    @settings(max_examples=300, derandomize=True, database=None, phases=[Phase.generate])
    @given(strategy())
    def collect(instance: Instance) -> None:
        hits.update(instance.features())
        if set(hits) >= FEATURES:
            raise EnoughError

    with suppress(EnoughError):
        collect()
    assert set(hits) == FEATURES, (FEATURES - set(hits), set(hits) - FEATURES)


@one_in(4)
@given(small())
def test_instances_load_as_files(tmp_path_factory: pytest.TempPathFactory, instance: Instance) -> None:
    folder: Path = tmp_path_factory.mktemp("instance")
    document = dict(instance.document)
    if instance.people:
        rows = [f"{p.user},{p.group},{p.starts or ''},{p.leaves or ''}" for p in instance.people.values()]
        (folder / "people.csv").write_text("\n".join(["user,group,starts,leaves", *rows]) + "\n")
        document["people"] = "people.csv"
    (folder / "scenario.yaml").write_text(yaml.safe_dump(document))
    loaded = load_scenario(folder / "scenario.yaml")
    expected = instance.source()
    assert loaded.scenario.model_copy(update={"people": None}) == expected.scenario
    assert loaded.people == expected.people
    assert loaded.holdings == expected.holdings
    days = usage_from_frame(instance.usage, expected.scenario).days.astype({"user": str, "product": str})
    pd.testing.assert_frame_equal(days, instance.read_usage().days, check_dtype=False)
