-- Table: the slowest runs. A data link on trace_id leads to the next query.
SELECT trace_id, name, service_name, start_time, duration, status
FROM traces
WHERE $__unixEpochNanoFilter(start_ns) AND duration IS NOT NULL
ORDER BY duration DESC
LIMIT 20
