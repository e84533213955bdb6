"""A team's own Bento, from its bucket to an answer, and what is said where the bucket has none."""

from __future__ import annotations

import pytest

from tests.e2e.serving.conftest import Serving
from tests.support import bentos

KEY = "bentos/greeter.bento"


@pytest.mark.timeout(200)
def test_a_bento_of_the_teams_own_serves(serving: Serving) -> None:
    service = serving.made("bento")
    service.serve(f"bento:/{KEY}")
    with serving.team.account.client() as s3:
        s3.delete_object(Bucket=serving.team.name, Key=KEY)
        refused = service.mlp("package")
        assert refused.code == 1
        assert f"there is no {KEY} in bucket {serving.team.name}" in refused.output
        s3.put_object(Bucket=serving.team.name, Key=KEY, Body=bentos.archive())
    service.mlp("package").must_succeed()
    assert service.site.ask("POST", "/greet", {"name": "team"}) == "hello team"
    assert service.package_now is not None
    assert service.package_now.model == "greeter"
