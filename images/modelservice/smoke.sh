set -eu
test "$(id -u)" = 10001
# Without its environment it says what is missing.
if python -m modelservice 2>/tmp/said; then echo "it starts without an environment"; exit 1; fi
grep -q "environment variable 'GROUP' isn't set" /tmp/said
python - <<'CODE'
import asyncio, json, socket, urllib.error, urllib.request
from modelservice.activator import Activator
from modelservice.settings import Settings

# It answers, and knows no service.
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
settings = Settings("mlplatform.dev", "127.0.0.1", port, port, "localhost", "http://{host}", "registry")

async def run():
    activator = Activator(settings, lambda host: None)
    await activator.start("127.0.0.1")
    def ask():
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/predict", data=b"{}", timeout=5)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
    status, told = await asyncio.to_thread(ask)
    assert status == 404 and "no model service" in told["error"] and told["fix"], told
    await activator.stop()

asyncio.run(run())
CODE
test ! -e /opt/mlplatform/modelservice/__pycache__
