"""The command `mlp`: what people type. Each command is a file in mlp/commands/."""

from __future__ import annotations

import os
import sys

import typer

from mlp import console, errors
from mlp.commands import (
    airflow,
    backup,
    credentials,
    dag,
    doctor,
    down,
    env,
    features,
    images,
    model,
    policy,
    preview,
    purge,
    restore,
    status,
    sweep,
    team,
    up,
)

app = typer.Typer(
    name="mlp",
    help="A machine-learning platform as code: on this machine, or on a cluster of yours.",
    no_args_is_help=True,
    # Errors are for people (mlp/errors.py): no traceback on the terminal, and none with values of variables anywhere.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (up, down, purge, backup, restore, status, doctor, images, env, credentials, preview, policy):
    app.command(name=command.__name__.rpartition(".")[2])(command.run)
for group in (team, dag, airflow, model, sweep, features):
    app.add_typer(group.app)


def run() -> None:
    """Run the command line. Exit codes: 0 done, 1 problem, 2 wrong usage, 3 not healthy, 130 interrupted."""
    try:
        app()
    except SystemExit as leaving:
        if leaving.code == 130:
            console.say("stopped; what is done stays done, the same command goes on from there")
        raise
    except BrokenPipeError:
        # Whoever read it has seen enough (`mlp airflow logs ... | head`); what is left to flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        sys.exit(errors.report(error))
