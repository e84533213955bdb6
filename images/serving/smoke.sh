set -eu
test "$(id -u)" = 10001
cd /tmp
# A model made here is served, in batches and alone, by the program and, as a Bento, by BentoML's loader.
python - <<'CODE'
import json, pathlib
folder = pathlib.Path("/tmp/packed")
(folder / "model" / "code").mkdir(parents=True)
(folder / "model" / "code" / "doubling.py").write_text('''
import pandas, time
class Doubling:
    def predict(self, frame, params=None):
        time.sleep(0.8 * (frame["x"] == 99).any())
        return pandas.DataFrame({"score": frame["x"] * 2})
def _load_pyfunc(path):
    return Doubling()
''')
(folder / "model" / "data").write_text("")
signature = {"inputs": json.dumps([{"type": "double", "name": "x", "required": True}]),
             "outputs": json.dumps([{"type": "double", "name": "score", "required": True}])}
flavor = {"loader_module": "doubling", "code": "code", "data": "data"}
(folder / "model" / "MLmodel").write_text(json.dumps({"flavors": {"python_function": flavor}, "signature": signature}))
(folder / "model" / "serving_input_example.json").write_text(json.dumps({"inputs": {"x": [1.5]}}))
from mlplatform_packer.pack import complete
from mlplatform_packer.source import Source
complete(folder, Source("mlflow", "doubling", "7", "run", (), lambda folder: None))
CODE
export MODEL_FOLDER=/tmp/packed MODEL_SERVICE=smoke MODEL_PORT=3917 HEADER_SECONDS=1 BODY_SECONDS=5
for latency in 0 20; do
    MAX_BATCH_LATENCY_MS=$latency python -m mlplatform_serving &
    pid=$!
    python - $pid <<'CODE'
import json, time, urllib.error, urllib.request
def ask(path, body=None):
    with urllib.request.urlopen(f"http://127.0.0.1:3917{path}", body, timeout=20) as answer:
        return answer.read()
for _ in range(300):
    try:
        ask("/readyz")
        break
    except OSError:
        time.sleep(0.1)
found = json.loads(ask("/predict", json.dumps({"inputs": [{"x": 21}]}).encode()))
assert found["outputs"] == [{"score": 42.0}] and found["version"] == "7", found
try:
    ask("/predict", b'{"inputs": [{"x": "much"}]}')
except urllib.error.HTTPError as error:
    assert error.code == 400 and b"must be a number" in error.read()
else:
    raise AssertionError("it takes a text for a number")
assert json.loads(ask("/stats"))["requests"] == 2
assert b'bentoml_service_request_total{service_name="smoke",service_version="7",endpoint="/predict"' in ask("/metrics")
# Heads and bodies that don't come, and what isn't HTTP, are told so.
import socket
def rest(client):
    parts = []
    while part := client.recv(4096):
        parts.append(part)
    return b"".join(parts)
def say(text):
    with socket.create_connection(("127.0.0.1", 3917), timeout=30) as client:
        client.sendall(text)
        return rest(client)
assert b" 408 " in say(b"POST /predict HT"), "half a head"
assert b" 408 " in say(b"POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"), "half a body"
bad = say(b"\x16\x03 no\r\n\r\n")
assert b" 400 " in bad and b"isn't HTTP" in bad, bad
# Told to end, it answers what it has.
import os, signal, sys
with socket.create_connection(("127.0.0.1", 3917), timeout=30) as client:
    client.sendall(b'POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: 23\r\n\r\n{"inputs": ')
    time.sleep(0.3)
    os.kill(int(sys.argv[1]), signal.SIGTERM)
    time.sleep(0.1)
    client.sendall(b'[{"x": 99}]}')
    answer = rest(client)
    assert b'"score":198.0' in answer, answer
CODE
    wait $pid
done
MODEL_FOLDER=/tmp/packed python - <<'CODE'
import bentoml
service = bentoml.load("/tmp/packed")
assert service.name == "packed-model", service.name
CODE
# Nothing packed, nothing served, and it says so.
if MODEL_FOLDER=/tmp/nothing python -m mlplatform_serving 2>/tmp/said; then echo "it serves nothing"; exit 1; fi
grep -q "no model is packed" /tmp/said
if python -m mlplatform_packer keywords 2>/tmp/said; then echo "it packs without a cluster"; exit 1; fi
grep -q "no token" /tmp/said
test ! -e /opt/mlplatform/mlplatform_serving/__pycache__
