-- Time series: latency percentiles of each node.
SELECT $__timeGroupAlias(start_time, $__interval),
       attributes ->> 'node_id' AS metric,
       percentile_disc(0.50) WITHIN GROUP (ORDER BY duration) AS p50,
       percentile_disc(0.95) WITHIN GROUP (ORDER BY duration) AS p95,
       percentile_disc(0.99) WITHIN GROUP (ORDER BY duration) AS p99
FROM spans
WHERE $__unixEpochNanoFilter(start_ns) AND attributes ->> 'node_id' IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 2
