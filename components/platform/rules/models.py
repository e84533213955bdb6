"""Model services: how much they are asked, how well they answer, and what their rollouts came to.

Counters and histograms are the model pods' own (BentoML's names), replicas and rollouts the serving controller's.
"""

from __future__ import annotations

from components.platform.rules.rule import Alert, Fires, Group, Quiet, Record, Yields, grew

LATENCY_TARGET_SECONDS = 0.5
"""95 of 100 answers are faster."""
ERRORS = 0.02
"""Share of answers 5xx that is still no alert."""
PREDICT = 'endpoint=~"/?predict"'

_WHO = 'team="search",service_name="m",service_version="3",endpoint="/predict"'
_TOTAL = f'bentoml_service_request_total{{{_WHO},http_response_code="%s"}}'
_BUCKET = f'bentoml_service_request_duration_seconds_bucket{{{_WHO},http_response_code="200",le="%s"}}'
_FAST = {_BUCKET % "0.1": "0+10x200", _BUCKET % "1": "0+10x200", _BUCKET % "+Inf": "0+10x200"}
_SLOW = {_BUCKET % "0.1": "0x200", _BUCKET % "1": "0+10x200", _BUCKET % "+Inf": "0+10x200"}
_CONTROLLED = 'namespace_of="team-search",team="search",model="m"'
_ROLLED_BACK = 'mlplatform_model_rollouts_total{result="rolled-back"}'
_MODEL = {"team": "search", "model": "m"}
_FAILED = 'http_response_code=~"5.."'
_OF_MODEL = '"model", "$1", "service_name", "(.*)"'
_OF_VERSION = '"version", "$1", "service_version", "(.*)"'


def _named(expr: str, *, version: bool = False) -> str:
    """The controller's name for a service as a label, in place of BentoML's."""
    inner = f"label_replace({expr}, {_OF_MODEL})"
    return f"label_replace({inner}, {_OF_VERSION})" if version else inner


def _rate(which: str = "", window: str = "5m") -> str:
    selected = f"{PREDICT},{which}" if which else PREDICT
    return f"rate(bentoml_service_request_total{{{selected}}}[{window}])"


def _quantile(share: float) -> str:
    buckets = f"rate(bentoml_service_request_duration_seconds_bucket{{{PREDICT}}}[5m])"
    return f"histogram_quantile({share}, sum by (team, model, le) ({_named(buckets)}))"


_ALL = f"sum by (team, model) ({_named(_rate())})"

RECORDS = (
    Record(
        "model:requests:rate1m",
        f"sum by (team, model, version) ({_named(_rate(window='1m'), version=True)})",
        Yields({_TOTAL % "200": "0+30x200"}, {'{team="search",model="m",version="3"}': 2}),
    ),
    Record(
        "model:errors:ratio5m",
        # A service that never failed has no series of failures.
        f"(sum by (team, model) ({_named(_rate(_FAILED))}) or 0 * {_ALL}) / ({_ALL} > 0)",
        Yields(
            {
                _TOTAL % "200": "0+3x200",
                _TOTAL % "500": "0+1x200",
                _TOTAL.replace('"m"', '"n"') % "200": "0+1x200",
                _TOTAL.replace('"m"', '"o"') % "200": "5x200",
            },
            {'{team="search",model="m"}': 0.25, '{team="search",model="n"}': 0},
        ),
    ),
    *(
        Record(
            f"model:latency_seconds:p{share * 100:.0f}",
            _quantile(share),
            Yields({_BUCKET % le: "0+15x200" for le in ("1", "+Inf")}, {'{team="search",model="m"}': share}),
        )
        for share in (0.5, 0.95, 0.99)
    ),
    Record(
        "model:in_flight:sum",
        f"sum by (team, model) ({_named('bentoml_service_request_in_progress')})",
        Yields(
            {
                'bentoml_service_request_in_progress{team="search",service_name="m",pod="p"}': "2x200",
                'bentoml_service_request_in_progress{team="search",service_name="m",pod="q"}': "3x200",
            },
            {'{team="search",model="m"}': 5},
        ),
    ),
)

ALERTS = (
    Alert(
        "ModelErrors",
        f"model:errors:ratio5m > {ERRORS}",
        "critical",
        "{{ $value | humanizePercentage }} of the answers of team {{ $labels.team }}'s {{ $labels.model }} are errors",
        "See the log of its pods; an earlier version comes back by `mlp model` with that version.",
        Fires({_TOTAL % "200": "0+3x200", _TOTAL % "500": "0+1x200"}, _MODEL, value="25%"),
        Quiet({_TOTAL % "200": "0+99x200", _TOTAL % "500": "0+1x200"}),
        wait="1m",
    ),
    Alert(
        "ModelSlow",
        f"model:latency_seconds:p95 > {LATENCY_TARGET_SECONDS}",
        "warning",
        "team {{ $labels.team }}'s {{ $labels.model }} answers in {{ $value | humanizeDuration }} (95th percentile)",
        "Raise `replicas.max` or `resources` of the service, or lower `target_concurrency`.",
        Fires(_SLOW, _MODEL, value="955ms"),
        Quiet(_FAST),
        wait="2m",
    ),
    Alert(
        "ModelAtMaximum",
        "max by (team, model) (mlplatform_model_replicas_wanted >= mlplatform_model_replicas_max > 0)"
        " and on (team, model) max by (team, model) (mlplatform_model_replicas_max) > 1",
        "warning",
        "model {{ $labels.model }} of team {{ $labels.team }} has had all its {{ $value }} replicas for ten minutes",
        "More traffic makes it slower: raise `replicas.max`, if the quota has room.",
        Fires(
            {
                f"mlplatform_model_replicas_wanted{{{_CONTROLLED}}}": "3x200",
                f"mlplatform_model_replicas_max{{{_CONTROLLED}}}": "3x200",
            },
            _MODEL,
            value="3",
        ),
        Quiet(
            {
                f"mlplatform_model_replicas_wanted{{{_CONTROLLED}}}": "2x200",
                f"mlplatform_model_replicas_max{{{_CONTROLLED}}}": "3x200",
            }
        ),
        wait="10m",
    ),
    Alert(
        "ModelRequestsWait",
        "max by (team, model) (min_over_time(mlplatform_model_waiting[1m])) > 0",
        "critical",
        "{{ $value }} requests wait for model {{ $labels.model }} of team {{ $labels.team }}, which has no pod ready",
        "See `kubectl get modelservices -n team-{{ $labels.team }} -o yaml`: its conditions say why.",
        Fires({f"mlplatform_model_waiting{{{_CONTROLLED}}}": "4x200"}, _MODEL, value="4"),
        Quiet({f"mlplatform_model_waiting{{{_CONTROLLED}}}": "0x100 4x2 0x98"}),
        wait="1m",
    ),
    Alert(
        "ModelRolledBack",
        f"max by (team, model, reason) ({grew(_ROLLED_BACK, '15m')})",
        "warning",
        "a version of model {{ $labels.model }} of team {{ $labels.team }} was rolled back: {{ $labels.reason }}",
        "The version before serves all. `status.history` of the ModelService has the figures.",
        Fires(
            {f'mlplatform_model_rollouts_total{{{_CONTROLLED},result="rolled-back",reason="errors"}}': "_x100 1x100"},
            {**_MODEL, "reason": "errors"},
        ),
        Quiet({f'mlplatform_model_rollouts_total{{{_CONTROLLED},result="promoted",reason="ok"}}': "_x100 1x100"}),
        wait="0s",
    ),
    Alert(
        "PredictionsDropped",
        f"max by (team, model) ({_named(grew('mlplatform_predictions_dropped_total', '10m'))})",
        "warning",
        "predictions of model {{ $labels.model }} of team {{ $labels.team }} aren't logged any more",
        "Answers go on. The database is slow or away, or there are more predictions than it takes.",
        Fires(
            {'mlplatform_predictions_dropped_total{team="search",service_name="m",pod="p"}': "0x100 0+5x100"},
            _MODEL,
        ),
        Quiet({'mlplatform_predictions_dropped_total{team="search",service_name="m",pod="p"}': "7x200"}),
        wait="0s",
    ),
)

GROUP = Group("models", (*RECORDS, *ALERTS))
