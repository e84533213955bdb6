"""A CNI plugin behind the one that makes a pod's network: it tells who polices of the pod's address, and waits until
its policies are in force. So no container of it runs before, and none is refused because others don't know it yet.

Run as it is by containerd (CNI specification 1.0.0), with the standard library alone: it starts with every pod.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time

SECONDS = 60.0
"""While the node starts nobody may listen yet; the kubelet would wait longer until it tries again."""
PAUSE_SECONDS = 0.1
VERSIONS = ["0.3.0", "0.3.1", "0.4.0", "1.0.0"]
IN_FORCE = "in force"
TRY_AGAIN = 11
"""CNI's code for what may work later; the kubelet tries again."""


def main() -> int:
    """Do what CNI_COMMAND says; the exit code says whether it worked."""
    command = os.environ["CNI_COMMAND"]
    if command == "VERSION":
        print(json.dumps({"cniVersion": VERSIONS[-1], "supportedVersions": VERSIONS}))
        return 0
    settings = json.load(sys.stdin)
    arguments = dict(pair.split("=", 1) for pair in os.environ.get("CNI_ARGS", "").split(";") if "=" in pair)
    told = {
        "command": command,
        "namespace": arguments["K8S_POD_NAMESPACE"],
        "name": arguments["K8S_POD_NAME"],
        "sandbox": os.environ["CNI_CONTAINERID"],
    }
    if command == "DEL":
        # Who isn't there learns from the API server that the pod is gone.
        with contextlib.suppress(OSError):
            ask(settings["socket"], told)
    elif command == "ADD":
        result = settings["prevResult"]
        told["address"] = result["ips"][0]["address"].partition("/")[0]
        answer = ask_patiently(settings["socket"], told)
        if answer != IN_FORCE:
            what = f"the network policies of {told['namespace']}/{told['name']} aren't in force"
            failure = {"cniVersion": settings["cniVersion"], "code": TRY_AGAIN, "msg": what, "details": answer}
            print(json.dumps(failure))
            return 1
        print(json.dumps(result))
    return 0


def ask_patiently(path: str, told: dict[str, str]) -> str:
    """What it answers, or why it doesn't."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            return ask(path, told)
        except OSError as error:
            if time.monotonic() > end:
                return f"{path}: {error}"
        time.sleep(PAUSE_SECONDS)


def ask(path: str, told: dict[str, str]) -> str:
    """Tell it, and return what it answers.

    Raises:
        OSError: Nobody answers.
    """
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(SECONDS)
        line.connect(path)
        line.sendall(json.dumps(told).encode() + b"\n")
        return line.makefile().readline().strip()


if __name__ == "__main__":
    sys.exit(main())
