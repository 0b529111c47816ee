-- Time series: a gauge of one's own. For a counter: sum(value).
SELECT $__timeGroupAlias(timestamp, $__interval),
       name AS metric,
       avg(value) AS value
FROM metrics
WHERE $__unixEpochNanoFilter(time_ns) AND name = 'queue_depth'
GROUP BY 1, 2
ORDER BY 1, 2
