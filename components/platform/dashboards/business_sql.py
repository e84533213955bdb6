"""Questions to the schema `serving` of a team's database: a row an answer, a row an item shown.

Grafana fills in its macros, and ${registered:sqlstring} with quotes. An average of nothing is NULL, not zero: nobody
knows what people would have clicked.
"""

from __future__ import annotations

MODELS = "SELECT DISTINCT model FROM serving.predictions ORDER BY model"

CLICK_THROUGH = """
SELECT avg(f.clicked::int)::float8 AS click_through_rate
FROM serving.feedback f JOIN serving.predictions p USING (request_id)
WHERE p.model = ${registered:sqlstring} AND $__timeFilter(f.at)
"""

HIT_RATE = """
SELECT avg(hit::int)::float8 AS hit_rate
FROM (
  SELECT bool_or(f.clicked) AS hit
  FROM serving.feedback f JOIN serving.predictions p USING (request_id)
  WHERE p.model = ${registered:sqlstring} AND $__timeFilter(f.at)
  GROUP BY request_id
) answers
"""

ANSWERS = """
SELECT count(*) AS answers
FROM serving.predictions
WHERE model = ${registered:sqlstring} AND $__timeFilter(at)
"""

WITH_FEEDBACK = """
SELECT count(f.request_id)::float8 / greatest(count(*), 1) AS with_feedback
FROM serving.predictions p LEFT JOIN (SELECT DISTINCT request_id FROM serving.feedback) f USING (request_id)
WHERE p.model = ${registered:sqlstring} AND $__timeFilter(p.at)
"""

CLICKS = """
SELECT count(*) FILTER (WHERE f.clicked) AS clicks
FROM serving.feedback f JOIN serving.predictions p USING (request_id)
WHERE p.model = ${registered:sqlstring} AND $__timeFilter(f.at)
"""

SCORE = """
SELECT avg(score) AS score
FROM serving.predictions
WHERE model = ${registered:sqlstring} AND $__timeFilter(at)
"""

CLICK_THROUGH_BY_VERSION = """
SELECT $__timeGroupAlias(f.at, $__interval), p.version AS metric, avg(f.clicked::int)::float8 AS value
FROM serving.feedback f JOIN serving.predictions p USING (request_id)
WHERE p.model = ${registered:sqlstring} AND $__timeFilter(f.at)
GROUP BY 1, 2 ORDER BY 1
"""

ANSWERS_BY_VERSION = """
SELECT $__timeGroupAlias(at, $__interval), version AS metric, count(*) AS value
FROM serving.predictions
WHERE model = ${registered:sqlstring} AND $__timeFilter(at)
GROUP BY 1, 2 ORDER BY 1
"""

SCORE_BY_VERSION = """
SELECT $__timeGroupAlias(at, $__interval), version AS metric, avg(score) AS value
FROM serving.predictions
WHERE model = ${registered:sqlstring} AND $__timeFilter(at) AND score IS NOT NULL
GROUP BY 1, 2 ORDER BY 1
"""

SECONDS_BY_VERSION = """
SELECT $__timeGroupAlias(at, $__interval), version AS metric, avg(seconds) AS value
FROM serving.predictions
WHERE model = ${registered:sqlstring} AND $__timeFilter(at)
GROUP BY 1, 2 ORDER BY 1
"""

VERSIONS = """
SELECT version, count(*) AS answers, avg(hit::int)::float8 AS hit_rate
FROM (
  SELECT p.version, bool_or(f.clicked) AS hit
  FROM serving.feedback f JOIN serving.predictions p USING (request_id)
  WHERE p.model = ${registered:sqlstring} AND $__timeFilter(f.at)
  GROUP BY p.version, request_id
) answers
GROUP BY version ORDER BY version
"""

ITEMS = """
SELECT f.item, count(*) FILTER (WHERE f.clicked) AS clicks, count(*) AS shown
FROM serving.feedback f JOIN serving.predictions p USING (request_id)
WHERE p.model = ${registered:sqlstring} AND $__timeFilter(f.at)
GROUP BY f.item ORDER BY clicks DESC, shown DESC, f.item LIMIT 20
"""
