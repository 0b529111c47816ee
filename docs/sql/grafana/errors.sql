-- Table: what fails most, with one message of each.
SELECT name, error_type, count(*) AS times, max(start_time) AS latest, min(status_message) AS message
FROM spans
WHERE $__unixEpochNanoFilter(start_ns) AND status = 'failed'
GROUP BY name, error_type
ORDER BY times DESC, name
LIMIT 20
