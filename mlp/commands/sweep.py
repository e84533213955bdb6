"""`mlp sweep`: hyperparameters tuned by many trials, several pods at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from local.problem import Problem
from mlp.completion import Team

app = typer.Typer(name="sweep", help="Tuning: trials in parallel, each a run in MLflow.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="SWEEP", help="Its name.")]


@app.command()
def run(
    team: Team,
    file: Annotated[Path | None, typer.Argument(help="A sweep as YAML; options override it.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="What it is called.")] = None,
    objective: Annotated[str | None, typer.Option("--objective", help="package.module:function")] = None,
    project: Annotated[str | None, typer.Option("--project", help="Folder of the objective's package.")] = None,
    trials: Annotated[int | None, typer.Option("--trials", min=1, help="How many in all.")] = None,
    parallel: Annotated[int | None, typer.Option("--parallel", min=1, help="Pods at the same time.")] = None,
    direction: Annotated[str | None, typer.Option("--direction", help="minimize or maximize")] = None,
    pruner: Annotated[str | None, typer.Option("--pruner", help="none, median or hyperband")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Of the sampler.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Show how it goes until it ends.")] = True,
) -> None:
    """Begin a sweep, or take up the one of that name where it was left. With --wait, exit code 1 if it fails."""
    from mlp import sweep_spec, sweeps, target

    given = {
        "name": name,
        "objective": objective,
        "project": project,
        "trials": trials,
        "parallel": parallel,
        "direction": direction,
        "pruner": pruner,
        "seed": seed,
    }
    spec, folder = sweep_spec.read(file, given)
    where = target.current()
    sweeps.start(spec, folder, team, where)
    if wait and (best := sweeps.watch(spec.name, team, where).best) is not None:
        print(f"best: trial {best.number}, {best.value:.6g}, {json.dumps(best.params)}")


@app.command("list")
def list_(team: Team) -> None:
    """List the team's sweeps, the latest first."""
    from mlp import console, sweeps, target

    where = target.current()
    store = sweeps.tracking(team, where)
    rows = []
    for one in store.names():
        if (found := store.sweep(one)) is None:
            continue
        best = found.best
        state = sweeps.state_of(found, sweeps.status(one, team, where))
        value = "-" if best is None else f"{best.value:.6g}"
        rows.append((one, state, f"{found.ended} of {found.wanted}", value))
    print(console.table(("sweep", "state", "trials", "best"), rows))


@app.command()
def show(
    sweep: Name, team: Team, as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False
) -> None:
    """Show a sweep and each of its trials."""
    from mlp import console, sweep_runs, sweeps, target

    where = target.current()
    found = sweeps.tracking(team, where).sweep(sweep)
    if found is None:
        raise Problem(f"there is no sweep {sweep!r} of team {team}", f"see `mlp sweep list --team {team}`")
    if as_json:
        print(sweep_runs.as_json(found))
        return
    console.say(f"  {sweeps.state_of(found, sweeps.status(sweep, team, where))}: {sweeps.line(found)}")
    if found.error:
        console.say(f"  {found.error}")
    rows = [
        (
            str(one.number),
            one.state.lower(),
            "-" if one.value is None else f"{one.value:.6g}",
            "-" if one.seconds is None else f"{one.seconds:.1f}",
            " ".join(f"{key}={value}" for key, value in sorted(one.params.items())),
        )
        for one in found.trials
    ]
    print(console.table(("trial", "state", "value", "seconds", "parameters"), rows))


@app.command()
def stop(sweep: Name, team: Team) -> None:
    """Stop a sweep. What is done stays; `mlp sweep run` with the same name takes it up again."""
    from mlp import sweeps, target

    sweeps.stop(sweep, team, target.current())
