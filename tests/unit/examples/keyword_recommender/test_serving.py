from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from examples.keyword_recommender.features import Recency
from examples.keyword_recommender.model import Ease
from examples.keyword_recommender.serving import Served

MODEL = Ease.fit([np.array([1, 2])] * 5 + [np.array([3, 4])] * 4, 1, Recency(5, 0))


def test_rows_in_ranked_items_out() -> None:
    frame = pd.DataFrame({"history": [[1], [], [77, 3]]}, index=[5, 6, 7])
    ranked = Served(MODEL).predict(frame, params={"k": 2})
    assert ranked.index.tolist() == [5, 6, 7]
    assert ranked["items"].map(lambda items: items[0]).tolist() == [2, 1, 4]
    assert ranked["items"].map(len).tolist() == [2, 2, 2]


def test_without_k_all_four_but_the_used() -> None:
    assert len(Served(MODEL).predict(pd.DataFrame({"history": [[1]]}))["items"][0]) == 3


def test_the_packed_package_loads_alone(tmp_path: Path) -> None:
    """MLflow puts the package at the top of its path, under its own name and without the checkout."""
    source = Path(__file__).parents[4] / "examples" / "keyword_recommender"
    shutil.copytree(source, tmp_path / "code" / "keyword_recommender", ignore=shutil.ignore_patterns("__pycache__"))
    MODEL.save(tmp_path / "model.npz")
    script = (
        "import sys, pandas; sys.path.insert(0, 'code'); from keyword_recommender import serving;"
        "served = serving._load_pyfunc('model.npz');"
        "print(served.predict(pandas.DataFrame({'history': [[1]]}), {'k': 1})['items'][0], 'examples' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[2] False"
