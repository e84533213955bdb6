"""Of the packages that the corpus is made of, NumPy and pandas are there when tests run: the parsing needs no more."""

from __future__ import annotations

import pytest

from examples.article_recommender import corpus

DOCUMENT = """solve(a, b, /)

    Solve a linear matrix equation.

    Computes the "exact" solution.

    Parameters
    ----------
    a : array_like
        Coefficients.

    See Also
    --------
    scipy.linalg.solve : Similar function in SciPy.
    inv, pinv
    :func:`~numpy.dot` : A product;
        explained in some more words, lstsq.

    Notes
    -----
    Broadcasting rules apply.

    Examples
    --------
    >>> solve(1, 2)
    """


def test_the_answer_is_not_in_the_text() -> None:
    text = corpus.text_of("numpy.linalg.solve_it", DOCUMENT)
    assert text.startswith("linalg solve it. Solve a linear matrix equation.")
    assert "Broadcasting rules apply" in text
    for other in ("inv", "scipy", "Coefficients", ">>>", "lstsq"):
        assert other not in text
    assert len(corpus.text_of("a.b", "x" * 9000)) == corpus.LONGEST


def test_whom_the_authors_name() -> None:
    assert corpus._named(DOCUMENT) == ["scipy.linalg.solve", "inv", "pinv", "numpy.dot"]


@pytest.mark.parametrize(
    ("name", "by", "meant"),
    [
        ("inv", "numpy.linalg.solve", "numpy.linalg.inv"),
        ("dot", "numpy.linalg.solve", "numpy.dot"),
        ("linalg.inv", "numpy.dot", "numpy.linalg.inv"),
        ("numpy.dot", "scipy.linalg.solve", "numpy.dot"),
        ("nothing", "numpy.dot", None),
    ],
)
def test_a_name_means_what_is_nearest(name: str, by: str, meant: str | None) -> None:
    pages = dict.fromkeys(("numpy.linalg.inv", "numpy.dot", "scipy.linalg.inv", "numpy.linalg.solve"))
    assert corpus._resolved(name, by, pages) == meant


def test_real_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "PACKAGES", {"numpy": ("", "linalg"), "pandas": ("DataFrame",)})
    articles = corpus.load()
    by_name = {one.name: one for one in articles}
    assert len(articles) > 250
    assert [one.name for one in articles] == sorted(by_name)
    assert "numpy.linalg.eigh" in by_name["numpy.linalg.eig"].related
    for one in articles:
        assert one.name not in one.related and len(one.text) >= corpus.SHORTEST
        assert set(one.related) <= set(by_name)
    assert corpus.digest(articles) == corpus.digest(corpus.load()) != corpus.digest(articles[1:])
