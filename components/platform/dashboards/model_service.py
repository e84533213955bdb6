"""One model service: what is asked of it, how it answers, how it scales and how new versions come."""

from __future__ import annotations

from components.platform.dashboards.model import Choice, Dashboard, Metric, Section, graph, stat
from components.platform.dashboards.promql import RATE, cores, held, or_zero, quantile, rate
from components.platform.dashboards.variables import TEAM

# Of the model's pods, and of the controller that scales them.
ITS = 'namespace="team-$team",service_name="$model"'
KEPT = 'namespace_of="team-$team",model="$model"'
PODS = 'namespace="team-$team",pod=~"$model-[0-9a-f]{8}-.*"'
TOTAL = "bentoml_service_request_total"
SECONDS = "bentoml_service_request_duration_seconds"
PREDICT = f'{ITS},endpoint=~"/?predict"'
ASKED = rate(f"{TOTAL}{{{PREDICT}}}")
FAILED = rate(f'{TOTAL}{{{PREDICT},http_response_code=~"5.."}}')
MODEL = Choice("model", "Model", 'label_values(mlplatform_model_replicas{namespace_of="team-$team"}, model)')

NOW = Section(
    "Now",
    (
        stat(
            "Requests",
            "reqps",
            "Predictions a second, counted by the pods that answer.",
            Metric(or_zero(ASKED)),
        ),
        stat(
            "Errors",
            "percentunit",
            "Share of answers that were 5xx: the model failed, or answered nonsense. There is none without requests.",
            Metric(f"({or_zero(FAILED)}) / ({ASKED} > 0)"),
            (0.01, "orange"),
            (0.05, "red"),
        ),
        stat(
            "95th percentile",
            "s",
            "Nineteen of twenty answers took less, inside the pod. There is none without requests.",
            Metric(quantile(0.95, SECONDS, PREDICT)),
            (0.5, "orange"),
            (2, "red"),
        ),
        stat(
            "In flight",
            "short",
            "Requests that are being answered, by the controller's count.",
            Metric(f"sum(mlplatform_model_in_flight{{{KEPT}}})"),
        ),
        stat(
            "Waiting",
            "short",
            "Requests that the controller holds because no pod is ready: the first after a pause, or too many at once.",
            Metric(f"sum(mlplatform_model_waiting{{{KEPT}}})"),
            (1, "orange"),
            (50, "red"),
        ),
        stat(
            "Replicas",
            "short",
            "Pods that are ready. Zero where nobody has asked for a while.",
            Metric(f"sum(mlplatform_model_replicas{{{KEPT}}})"),
        ),
    ),
)
ANSWERS = Section(
    "Answers",
    (
        graph(
            "Requests by answer",
            "reqps",
            "A second, by status code: 4xx is what was asked wrongly, 5xx what was answered wrongly.",
            Metric(or_zero(rate(f"{TOTAL}{{{ITS}}}", "http_response_code")), "{{http_response_code}}"),
            stacked=True,
        ),
        graph(
            "Latency",
            "s",
            "Inside the pod, without what the network and waiting for a pod take.",
            Metric(quantile(0.5, SECONDS, PREDICT), "half"),
            Metric(quantile(0.95, SECONDS, PREDICT), "95 %"),
            Metric(quantile(0.99, SECONDS, PREDICT), "99 %"),
        ),
        graph(
            "Requests by version",
            "reqps",
            "Which version of the model answers. Two at once while a new one is tried.",
            Metric(or_zero(rate(f"{TOTAL}{{{PREDICT}}}", "service_version")), "{{service_version}}"),
            stacked=True,
        ),
        graph(
            "In flight",
            "short",
            "Requests that are being answered, as pods and controller count them; the rest waits for a pod.",
            Metric(or_zero(f"sum(bentoml_service_request_in_progress{{{ITS}}})"), "pods"),
            Metric(f"sum(mlplatform_model_in_flight{{{KEPT}}})", "controller"),
            Metric(f"sum(mlplatform_model_waiting{{{KEPT}}})", "waiting"),
        ),
        graph(
            "Size of batches",
            "short",
            "Requests that are predicted together: more of them at once when there is more to do.",
            Metric(
                f"{rate(f'bentoml_service_adaptive_batch_size_sum{{{ITS}}}')}"
                f" / {rate(f'bentoml_service_adaptive_batch_size_count{{{ITS}}}')}",
                "mean",
            ),
            # There are no parts of requests: a bucket's ends aren't sizes.
            Metric(f"ceil({quantile(0.95, 'bentoml_service_adaptive_batch_size', ITS)})", "95 %"),
        ),
        graph(
            "Score",
            "short",
            "Of the first thing that is recommended, by version. A jump without a new version is worth a look.",
            Metric(
                quantile(0.5, "mlplatform_model_score", ITS, "service_version"), "half, version {{service_version}}"
            ),
            Metric(
                quantile(0.95, "mlplatform_model_score", ITS, "service_version"), "95 %, version {{service_version}}"
            ),
            signed=True,
        ),
    ),
)
SCALE = Section(
    "Scale",
    (
        graph(
            "Replicas",
            "short",
            "Pods that are ready, and how many the controller wants for what is in flight.",
            Metric(f"sum(mlplatform_model_replicas{{{KEPT}}})", "ready"),
            Metric(f"sum(mlplatform_model_replicas_wanted{{{KEPT}}})", "wanted"),
        ),
        graph(
            "Processor",
            "none",
            "Cores that each pod uses.",
            Metric(or_zero(cores(PODS, "pod")), "{{pod}}"),
        ),
        graph(
            "Memory",
            "bytes",
            "What each pod holds. At its bound it is ended and begins anew.",
            Metric(or_zero(held(PODS, "pod")), "{{pod}}"),
        ),
    ),
)
VERSIONS = Section(
    "Versions and what is kept",
    (
        graph(
            "Canary",
            "percent",
            "Share of requests that a new version gets until it is promoted or rolled back.",
            Metric(f"max(mlplatform_model_canary_weight{{{KEPT}}})", "weight"),
            most=100,
        ),
        graph(
            "Rollouts",
            "short",
            "Since the controller began, by how they ended and why.",
            Metric(
                or_zero(f"sum by (result, reason) (mlplatform_model_rollouts_total{{{KEPT}}})"), "{{result}} {{reason}}"
            ),
        ),
        graph(
            "Predictions kept",
            "ops",
            "Written to the team's database, a second; dropped are those that it was too slow for.",
            Metric(or_zero(f"sum(rate(mlplatform_predictions_logged_total{{{ITS}}}[{RATE}]))"), "kept"),
            Metric(or_zero(f"sum(rate(mlplatform_predictions_dropped_total{{{ITS}}}[{RATE}]))"), "dropped"),
        ),
    ),
)
DASHBOARD = Dashboard(
    "model-service",
    "Model service",
    "What is asked of one model, how it answers, how it scales and how new versions come.",
    (NOW, ANSWERS, SCALE, VERSIONS),
    (TEAM, MODEL),
)
