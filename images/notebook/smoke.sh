set -eu
test "$(id -u)" = 10001
cd /tmp
# A build's container has a name that nobody resolves.
export SPARK_LOCAL_IP=127.0.0.1
# Every framework imports and computes something; each in a process of its own, so that memory stays what one takes.
python - <<'CODE'
import tensorflow as tf
x = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.matmul(x, x))
assert loss.numpy() == 54.0, loss
assert tape.gradient(loss, x).numpy().tolist() == [[7.0, 11.0], [9.0, 13.0]]
print("tensorflow", tf.__version__)
CODE
python - <<'CODE'
import torch
x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
loss = (x @ x).sum()
loss.backward()
assert loss.item() == 54.0 and x.grad.tolist() == [[7.0, 11.0], [9.0, 13.0]], x.grad
print("torch", torch.__version__)
CODE
python - <<'CODE'
import keras, numpy
keras.utils.set_random_seed(1)
x = numpy.linspace(-1, 1, 64).reshape(-1, 1)
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.optimizer.learning_rate = 0.1
losses = model.fit(x, 3 * x + 1, epochs=30, verbose=0).history["loss"]
assert losses[-1] < losses[0] / 10, losses
print("keras", keras.__version__)
CODE
python - <<'CODE'
import cv2, numpy
picture = numpy.zeros((9, 9), numpy.uint8)
picture[4, 4] = 255
blurred = cv2.GaussianBlur(picture, (3, 3), 0)
assert 0 < blurred[3, 3] < blurred[4, 4] < 255, blurred
print("opencv", cv2.__version__)
CODE
python - <<'CODE'
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
assert spark.range(1000).selectExpr("sum(id)").first()[0] == 499500
print("pyspark", spark.version)
spark.stop()
CODE
python - <<'CODE'
import feast, mlflow, papermill
from jupyter_client.kernelspec import KernelSpecManager
from mlplatform_notebook import spark
assert "pyspark" in KernelSpecManager().find_kernel_specs()
assert spark.settings({"POD_IP": "10.0.0.1", "POD_NAME": "x", "POD_NAMESPACE": "team-x", "MLP_IMAGE": "y"}, spark.Size())
print("feast", feast.__version__, "mlflow", mlflow.__version__)
CODE
mkdir -p /tmp/smoke/code/p
cat > /tmp/smoke/code/p/n.ipynb <<'CODE'
{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
 "cells": [{"id": "a", "cell_type": "code", "metadata": {"tags": ["parameters"]}, "outputs": [], "execution_count": null, "source": "n = 1"},
  {"id": "b", "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": "print('sum', sum(range(n)))"}]}
CODE
python - <<'CODE'
from pathlib import Path
from mlplatform_notebook import job
asked = job.Job("p/n.ipynb", {"n": 5})
result = job.run(asked, Path("/tmp/smoke"))
assert result.ok, result
job.show(asked, result, Path("/tmp/smoke"))
assert "sum 10" in Path("/tmp/smoke/output.html").read_text()
print("papermill ran a notebook")
CODE
rm -rf /tmp/smoke
