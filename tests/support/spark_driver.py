"""A notebook's pod as the hub makes it, but that it runs one program and ends: the driver of a Spark job."""

from __future__ import annotations

from typing import Any

from tests.support import pods

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
OWN = {"POD_IP": "status.podIP", "POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace"}
PROGRAM = """
import json, socket, time
from mlplatform_notebook.spark import session

begun = time.monotonic()
spark = session(executors=2, cpu="50m")
context = spark.sparkContext
hosts = set()
while len(hosts) < 2 and time.monotonic() < begun + 90:
    hosts |= set(context.parallelize(range(40), 8).map(lambda _: __import__("socket").gethostname()).collect())
total = spark.range(1_000_000).selectExpr("sum(id)").first()[0]
words = spark.createDataFrame([("a", 1), ("b", 2), ("a", 3)], ["word", "count"]).groupBy("word").sum("count")
said = {"hosts": sorted(hosts), "driver": socket.gethostname(), "total": total, "words": dict(words.collect())}
print("RESULT " + json.dumps(said | {"seconds": round(time.monotonic() - begun, 1)}), flush=True)
time.sleep(5)
spark.stop()
"""


def driver(namespace: str, name: str, image: str) -> dict[str, Any]:
    """The pod. Its labels, account, token and environment are those of a notebook."""
    own = [{"name": key, "valueFrom": {"fieldRef": {"fieldPath": path}}} for key, path in OWN.items()]
    container = pods.container(
        image,
        "notebook",
        command=["/usr/bin/tini", "--", "python", "-c", PROGRAM],
        env=[*own, {"name": "MLP_IMAGE", "value": image}, {"name": "HOME", "value": "/tmp"}],
        envFrom=[{"secretRef": {"name": "worker-keys"}}],
        resources={"requests": {"cpu": "50m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        volumeMounts=[
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "token", "mountPath": TOKEN_PATH, "readOnly": True},
        ],
    )
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    volumes = [
        {"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}},
        {"name": "token", "projected": {"sources": sources}},
    ]
    made = pods.pod(namespace, name, [container], serviceAccountName="notebook", volumes=volumes)
    made["metadata"]["labels"] = {"app.kubernetes.io/name": "notebook", "app.kubernetes.io/part-of": "mlplatform"}
    return made
