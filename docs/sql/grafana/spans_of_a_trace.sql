-- Table: the spans of the trace in the dashboard's variable `trace`.
SELECT span_id, parent_span_id, name, start_time, duration, status, error_type, attributes
FROM spans
WHERE trace_id = '$trace'
ORDER BY start_ns
