-- Time series: the share of runs that failed, by name of the graph.
SELECT $__timeGroupAlias(start_time, $__interval),
       name AS metric,
       count(*) FILTER (WHERE status = 'failed') / count(*)::float8 AS "failed"
FROM traces
WHERE $__unixEpochNanoFilter(start_ns) AND status <> 'started'
GROUP BY 1, 2
ORDER BY 1, 2
