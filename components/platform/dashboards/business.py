"""What a model is worth: what people do with what it recommends, from the team's own database (schema serving)."""

from __future__ import annotations

from components.platform.dashboards import business_sql as sql
from components.platform.dashboards.model import Choice, Dashboard, Rows, Section, graph, stat, table

NOW = Section(
    "In what is shown",
    (
        stat(
            "Click-through rate",
            "percentunit",
            "Share of the items shown that were clicked. There is none without feedback.",
            Rows(sql.CLICK_THROUGH),
        ),
        stat(
            "Hit rate",
            "percentunit",
            "Share of the answers with feedback of which at least one item was clicked.",
            Rows(sql.HIT_RATE),
        ),
        stat("Answers", "short", "Predictions that were kept.", Rows(sql.ANSWERS)),
        stat(
            "Answers with feedback",
            "percentunit",
            "Share of the predictions that somebody told the outcome of. A drop means that the feedback is broken.",
            Rows(sql.WITH_FEEDBACK),
        ),
        stat("Clicks", "short", "Items that were clicked.", Rows(sql.CLICKS)),
        stat("Mean score", "short", "What the model thought of its answers.", Rows(sql.SCORE)),
    ),
)
COURSE = Section(
    "Course",
    (
        graph(
            "Click-through rate by version",
            "percentunit",
            "Share of the items shown that were clicked. A new version that is worse is seen here, not in its errors.",
            Rows(sql.CLICK_THROUGH_BY_VERSION),
            width=12,
            most=1,
        ),
        graph(
            "Answers by version",
            "short",
            "Predictions that were kept.",
            Rows(sql.ANSWERS_BY_VERSION),
            width=12,
            stacked=True,
        ),
        graph(
            "Score",
            "short",
            "Mean of the model's own score. When it drifts, what comes in isn't what it learnt from.",
            Rows(sql.SCORE_BY_VERSION),
            width=12,
            signed=True,
        ),
        graph(
            "Time of an answer",
            "s",
            "Mean, as the service measured it.",
            Rows(sql.SECONDS_BY_VERSION),
            width=12,
        ),
    ),
)
VERSIONS = Section(
    "Versions",
    (
        table(
            "Versions side by side",
            "short",
            "Hit rate and what it was measured on. Few answers say little: compare when each has some hundred.",
            Rows(sql.VERSIONS),
        ),
        table(
            "Items that are clicked",
            "short",
            "The twenty that were clicked most, and how often they were shown.",
            Rows(sql.ITEMS),
        ),
    ),
)
DASHBOARD = Dashboard(
    "business",
    "Business",
    "What people do with what a model recommends: click-through rate and hit rate, by version.",
    (NOW, COURSE, VERSIONS),
    (Choice("registered", "Registered model", sql.MODELS, of_rows=True),),
    window="24h",
)
