from __future__ import annotations

from mlp.diagnostics import Progress, errors

FAILED = """Updating (local-foundation):
 +  kubernetes:core/v1:Service postgres creating (0s)
 +  kubernetes:core/v1:Service postgres **creating failed** error: refused
Diagnostics:
  kubernetes:core/v1:Service (postgres):
    warning: slow
    error: the API server refused it:
      spec.ports: Required value

  pulumi:pulumi:Stack (mlplatform-local-foundation):
    error: update failed

Outputs:
    contract: error: this is no error

Resources:
    + 1 created

Duration: 5s
"""
PROGRAM = """Previewing update (s):
Diagnostics:
  pulumi:pulumi:Stack (mlplatform-s):
    error: stacks/s.yaml: mlflow.replicas: -1
      fix: give 1 or more
    error: stacks/s.yaml: mlflow.replicas: -1
      fix: give 1 or more
"""


def test_errors_name_the_resource_and_leave_out_the_rest() -> None:
    assert errors(FAILED, "") == [
        "kubernetes:core/v1:Service (postgres)",
        "  the API server refused it:",
        "    spec.ports: Required value",
    ]


def test_the_programs_error_stands_alone() -> None:
    assert errors(PROGRAM, "") == ["stacks/s.yaml: mlflow.replicas: -1", "  fix: give 1 or more"]


def test_one_error_of_several_resources_is_told_once() -> None:
    both = FAILED.replace(
        "  pulumi:pulumi:Stack (",
        "  kubernetes:core/v1:Service (store):\n    error: the API server refused it:\n"
        "      spec.ports: Required value\n\n"
        "  pulumi:pulumi:Stack (",
    )
    assert errors(both, "")[:3] == [
        "kubernetes:core/v1:Service (postgres)",
        "kubernetes:core/v1:Service (store)",
        "  the API server refused it:",
    ]


def test_without_diagnostics_stderr_says_it() -> None:
    assert errors("", "error: no stack named 's' found\n") == ["no stack named 's' found"]


def shown(*lines: str) -> list[str]:
    progress = Progress()
    return [text for line in lines if (text := progress.line(line)) is not None]


def test_progress_shows_each_state_once() -> None:
    pending = " +  kubernetes:core/v1:PersistentVolumeClaim data creating ({}s) PersistentVolumeClaim is Pending"
    assert shown(
        "Updating (s):",
        "",
        "@ updating......",
        "    pulumi:pulumi:Stack mlplatform-s  ",
        " +  kubernetes:core/v1:Namespace a creating (0s)",
        " +  kubernetes:core/v1:Namespace a created (0.07s)",
        " +  kubernetes:core/v1:Service a **creating failed** error: refused",
        pending.format(0),
        pending.format(5),
        pending.format(10),
        "    pulumi:pulumi:Stack p  warning: using pulumi-resource-slow from $PATH at /bin",
    ) == [" +  kubernetes:core/v1:Namespace a created (0.07s)", pending.format(5)]


def test_progress_ends_with_the_summary() -> None:
    assert shown("Diagnostics:", "  kubernetes:core/v1:Service (postgres):", "    error: refused") == []
