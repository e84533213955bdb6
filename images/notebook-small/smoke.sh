set -eu
test "$(id -u)" = 10001
git --version
cd /tmp
export HOME=/home/mlp
# A person's server under a hub: it answers, shows the bucket's trouble as a message, runs a kernel.
python /mnt/smoke.py
# A notebook job, from the file that its task writes to the page that its team reads.
mkdir -p /tmp/smoke/code/project
cat > /tmp/smoke/code/project/helper.py <<'CODE'
ANSWER = 42
CODE
cat > /tmp/smoke/code/project/smoke.ipynb <<'CODE'
{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
 "cells": [
  {"id": "a", "cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [], "execution_count": null, "source": "factor = 1"},
  {"id": "b", "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null,
   "source": "from helper import ANSWER\nfrom IPython.display import HTML\nprint('said', ANSWER * factor)\nHTML('<b>bold</b><script>alert(1)</script>')"},
  {"id": "c", "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "assert factor == 1, 'not one'"}]}
CODE
python - <<'CODE'
import json
from pathlib import Path
from mlplatform_notebook import job, rendering

folder = Path("/tmp/smoke")
for factor in (1, 2):
    asked = job.Job("project/smoke.ipynb", {"factor": factor}, "smoke", {"day": "today"})
    result = job.run(asked, folder)
    job.show(asked, result, folder)
    page = (folder / job.PAGE).read_text()
    assert result.ok == (factor == 1), result
    assert f"said {42 * factor}" in page, page
    assert "<b>bold</b>" in page and "<script" not in page and "alert(1)</" not in page, page
    assert f"said {42 * factor}" in (folder / job.LOG).read_text()
assert result.error == "AssertionError: not one" and result.cell == 4, result
assert "not one" in page
CODE
rm -rf /tmp/smoke
python - <<'CODE'
import io
import boto3, feast, matplotlib, mlflow, s3fs, sklearn.linear_model
import numpy, pandas, pyarrow.parquet
assert feast.__version__ == "0.67.0" and mlflow.__version__ == "3.17.2"
frame = pandas.DataFrame({"x": numpy.arange(10.0), "y": 2 * numpy.arange(10.0) + 1})
kept = io.BytesIO()
frame.to_parquet(kept)
assert pandas.read_parquet(kept).equals(frame)
model = sklearn.linear_model.LinearRegression().fit(frame[["x"]], frame["y"])
assert abs(model.coef_[0] - 2) < 1e-9
CODE
test ! -e /opt/mlplatform/mlplatform_notebook/__pycache__
