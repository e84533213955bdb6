"""`python -m mlplatform_packer SERVICE`: pack what a model service of this namespace is to serve.

The last line is `result: {...}`: image, model, version, run, changed, annotation.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from .errors import PackError
from .pack import package


def main(arguments: list[str]) -> int:
    """0 if its ModelService knows of it; 1 with the reason."""
    if len(arguments) != 1:
        print("mlplatform_packer: give the name of a model service", file=sys.stderr)
        return 2
    try:
        packed = package(arguments[0], say=lambda line: print(line, flush=True))
    except PackError as error:
        print(f"mlplatform_packer: {error}", file=sys.stderr, flush=True)
        return 1
    print(f"result: {json.dumps(asdict(packed), sort_keys=True)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
