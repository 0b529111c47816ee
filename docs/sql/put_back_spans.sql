BEGIN;
WITH taken AS (
  DELETE FROM dead_letters WHERE kind = 'span' AND octet_length(record) < 65500 RETURNING record::jsonb AS r),
timed AS (
  SELECT r, (extract(epoch FROM (left(r ->> 'start_time', 19) || 'Z')::timestamptz))::bigint * 1000000000
            + rpad(coalesce(substring(r ->> 'start_time' FROM '\.(\d+)'), ''), 9, '0')::bigint AS start_ns
  FROM taken)
INSERT INTO spans_data (trace_id, start_ns, span_id, name, kind, duration_ns, status, status_message, error_type,
                        resource, attributes)
SELECT (r ->> 'trace_id')::uuid, start_ns,
       ('x' || (r ->> 'span_id'))::bit(64)::bigint # (-9223372036854775808),
       r ->> 'name', 0, 0, CASE WHEN r ->> 'error_type' = '' THEN 0 ELSE 1 END,
       r ->> 'status_message', r ->> 'error_type', 0, r -> 'attributes'
FROM timed
ON CONFLICT (trace_id, start_ns, span_id) DO NOTHING;
COMMIT;
