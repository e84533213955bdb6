"""`python -m examples.keyword_recommender`: one training run, recorded in MLflow."""

import sys

from .train import main

sys.exit(main())
