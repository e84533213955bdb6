"""`python -m mlplatform_airflow [prepare-template]`: without an argument the supervisor."""

import sys


def main() -> None:
    """Run what was asked for; a problem is one line and exit code 1."""
    match sys.argv[1:]:
        case []:
            from . import supervisor

            sys.exit(supervisor.main())
        case ["prepare-template"]:
            from . import template

            sys.exit(template.main())
        case _:
            sys.exit("mlplatform_airflow: no argument, or prepare-template")


main()
