"""The corpus's vectors, which take a processor two minutes: made once, kept in the team's bucket for all pods."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from . import corpus
from .corpus import Article
from .minilm import MiniLM

BUCKET = "TEAM_BUCKET"
FOLDER = "article_recommender"


@dataclass(frozen=True)
class Data:
    """Articles, their vectors, and where each one stands."""

    articles: list[Article]
    vectors: NDArray[np.float32]
    digest: str

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each article."""
        return {one.name: row for row, one in enumerate(self.articles)}


def load() -> Data:
    """The corpus with its vectors: those of the bucket if it has them, else made and put there."""
    articles = corpus.load()
    digest = corpus.digest(articles)
    bucket, key = os.environ.get(BUCKET, ""), f"{FOLDER}/vectors-{digest[:16]}.npy"
    found = _fetched(bucket, key) if bucket else None
    if found is None:
        print(f"vectors of {len(articles)} articles are made: about two minutes", flush=True)
        found = MiniLM.from_package().embed([one.text for one in articles])
        if bucket:
            _keep(bucket, key, found)
    return Data(articles, found, digest)


def _fetched(bucket: str, key: str) -> NDArray[np.float32] | None:
    import boto3
    from botocore.exceptions import ClientError

    try:
        body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    found: NDArray[np.float32] = np.load(io.BytesIO(body), allow_pickle=False)
    return found


def _keep(bucket: str, key: str, vectors: NDArray[np.float32]) -> None:
    import boto3

    body = io.BytesIO()
    np.save(body, vectors)
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=body.getvalue())
