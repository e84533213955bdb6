"""What the feature server tells Prometheus: its answers, and how fresh each view is."""

from __future__ import annotations

from collections import Counter

from .views import Project

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)


class Metrics:
    """Counts."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.seconds = 0.0
        self.buckets = [0] * len(BOUNDS)

    def answered(self, status: int, seconds: float) -> None:
        """One more."""
        self.answers[status] += 1
        self.seconds += seconds
        for index, bound in enumerate(BOUNDS):
            self.buckets[index] += seconds <= bound

    def text(self, project: Project) -> str:
        """As Prometheus reads it."""
        lines = ["# TYPE mlplatform_features_requests_total counter"]
        lines += [
            f'mlplatform_features_requests_total{{code="{code}"}} {count}'
            for code, count in sorted(self.answers.items())
        ]
        total = sum(self.answers.values())
        lines.append("# TYPE mlplatform_features_request_seconds histogram")
        lines += [
            f'mlplatform_features_request_seconds_bucket{{le="{bound}"}} {count}'
            for bound, count in zip(BOUNDS, self.buckets, strict=True)
        ]
        lines.append(f'mlplatform_features_request_seconds_bucket{{le="+Inf"}} {total}')
        lines.append(f"mlplatform_features_request_seconds_sum {self.seconds:.6f}")
        lines.append(f"mlplatform_features_request_seconds_count {total}")
        # A view that was never materialised is as old as itself.
        for name, values in (
            ("fresh_timestamp_seconds", {view.name: view.materialized or view.made for view in project.views.values()}),
            ("stale_after_seconds", {view.name: view.stale_after for view in project.views.values()}),
        ):
            lines.append(f"# TYPE mlplatform_features_{name} gauge")
            lines += [f'mlplatform_features_{name}{{view="{view}"}} {value:.3f}' for view, value in values.items()]
        return "\n".join(lines) + "\n"
