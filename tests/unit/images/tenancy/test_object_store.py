"""Accounts and buckets by the gateway's admin API. What S3 itself does at a purge is seen in tests/e2e."""

from __future__ import annotations

import pytest

from images.tenancy.tenancy.errors import UNREACHABLE, ToolError
from images.tenancy.tenancy.object_store import Gateway
from tests.doubles.http_tool import serving
from tests.doubles.tenancy_tools import GatewayDouble

SECRET = "the-account's-own-<secret>"
NAME = "team-search"


def gateway(endpoint: str) -> Gateway:
    return Gateway(endpoint, "us-east-1", "root", "root's secret")


def test_a_new_bucket_gets_an_account_and_its_owner() -> None:
    double = GatewayDouble()
    with serving(double) as (endpoint, asked):
        gateway(endpoint).give(NAME, SECRET)
    assert double.buckets == {NAME: NAME}
    assert double.accounts == {NAME: "the-account's-own-&lt;secret&gt;"}
    assert "<Role>user</Role>" in asked[0].body
    for request in asked:
        assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=root/")
        assert SECRET not in request.path


def test_an_account_that_is_there_gets_the_key_of_now() -> None:
    double = GatewayDouble()
    with serving(double) as (endpoint, _):
        gateway(endpoint).give(NAME, "old")
        gateway(endpoint).give(NAME, "new")
    assert double.accounts == {NAME: "new"}


def test_giving_again_leaves_the_policy_of_the_bucket_alone() -> None:
    double = GatewayDouble()
    with serving(double) as (endpoint, _):
        gateway(endpoint).give(NAME, SECRET)
        double.policies.add(NAME)
        gateway(endpoint).give(NAME, SECRET)
    assert double.policies == {NAME}


def test_the_end_takes_account_and_policy_and_keeps_the_bucket() -> None:
    double = GatewayDouble()
    with serving(double) as (endpoint, _):
        gateway(endpoint).give(NAME, SECRET)
        gateway(endpoint).give("team-recsys", SECRET)
        double.policies.add(NAME)
        for _ in range(2):
            gateway(endpoint).end(NAME)
        assert set(double.accounts) == {"team-recsys"}
        assert double.buckets == {NAME: "root", "team-recsys": "team-recsys"}
        assert double.policies == set()
        gateway(endpoint).give(NAME, SECRET)
    assert double.buckets[NAME] == NAME


def test_a_half_made_one_is_made_whole() -> None:
    double = GatewayDouble()
    double.accounts[NAME] = "of the run before"
    with serving(double) as (endpoint, _):
        gateway(endpoint).give(NAME, "new")
    assert (double.accounts, double.buckets) == ({NAME: "new"}, {NAME: NAME})


def test_what_was_never_there_can_end() -> None:
    double = GatewayDouble()
    with serving(double) as (endpoint, _):
        gateway(endpoint).end(NAME)
        gateway(endpoint).purge(NAME)
    assert double.buckets == {}


def test_a_refusal_is_told_without_repeating_the_request() -> None:
    text = "<Error><Code>SignatureDoesNotMatch</Code><Message>no</Message><StringToSign>much</StringToSign></Error>"
    with serving(lambda *_: (403, text)) as (endpoint, _), pytest.raises(ToolError) as caught:
        gateway(endpoint).give(NAME, SECRET)
    assert str(caught.value) == f"object store at {endpoint}: /create-user: 403 SignatureDoesNotMatch: no"


@pytest.mark.parametrize("status", [None, 502, 503])
def test_a_gateway_that_is_not_there_is_told(status: int | None) -> None:
    with serving(lambda *_: (status or 200, "")) as (endpoint, _):
        if status:
            with pytest.raises(ToolError) as caught:
                gateway(endpoint).end(NAME)
    if not status:
        with pytest.raises(ToolError) as caught:
            gateway(endpoint).end(NAME)
    assert caught.value.reason == UNREACHABLE
    assert "root's secret" not in str(caught.value) + repr(gateway(endpoint))
