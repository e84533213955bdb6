"""What a Tenant may be called, copy from and have asked."""

from __future__ import annotations

import pytest

from images.tenancy.tenancy import names


@pytest.mark.parametrize(
    ("name", "namespace", "allowed"),
    [
        ("team-search", "team-search", True),
        ("team-a1", "team-a1", True),
        (f"team-{'a' * 30}", f"team-{'a' * 30}", True),
        ("team-search", "team-recsys", False),
        ("mlflow", "mlflow", False),
        ("postgres", "postgres", False),
        ("team-", "team-", False),
        ("team-a", "team-a", False),
        ("team-a-", "team-a-", False),
        ("team-1a", "team-1a", False),
        ('team-a"b', 'team-a"b', False),
        (f"team-{'a' * 31}", f"team-{'a' * 31}", False),
        ("team-search\n", "team-search\n", False),
    ],
)
def test_a_tenant_has_the_name_of_its_namespace_and_that_of_a_team(name: str, namespace: str, allowed: bool) -> None:
    assert names.allowed(name, namespace) is allowed


@pytest.mark.parametrize("template", ["mlflow", "postgres", "team-search", "airflow-0123456789ab2", "airflow-xyz"])
def test_no_database_but_a_template_is_copied(template: str) -> None:
    assert not names.template_allowed(template)
    assert names.template_allowed("airflow-0123456789ab")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://airflow.team-search:8794/check", True),
        ("http://airflow.team-search.svc.cluster.local:8794/check", True),
        ("http://airflow.team-recsys:8794/check", False),
        ("http://mlflow.mlp-platform:5000/", False),
        ("http://169.254.169.254/", False),
        ("http://team-search/", False),
        ("http://.team-search/", False),
        ("http://a.team-search@mlflow.mlp-platform/", False),
        ("http://user@airflow.team-search/", False),
        ("https://airflow.team-search/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_pushes_are_checked_in_the_namespace_of_the_team_alone(url: str, allowed: bool) -> None:
    assert names.check_allowed(url, "team-search") is allowed
