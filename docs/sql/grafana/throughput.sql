-- Time series: runs a second.
SELECT $__timeGroupAlias(start_time, $__interval),
       name AS metric,
       count(*) * 1000.0 / $__interval_ms AS "per second"
FROM traces
WHERE $__unixEpochNanoFilter(start_ns)
GROUP BY 1, 2
ORDER BY 1, 2
