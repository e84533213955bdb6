"""`python -m mlplatform_airflow [prepare-template]`: without an argument the supervisor."""

import sys


def main() -> int:
    """Run what was asked for; only that is imported."""
    match sys.argv[1:]:
        case []:
            from .supervisor import main as run
        case ["prepare-template"]:
            from .template import main as run
        case _:
            sys.exit("mlplatform_airflow: no argument, or prepare-template")
    return run()


sys.exit(main())
