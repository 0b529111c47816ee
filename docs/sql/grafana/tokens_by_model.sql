-- Time series: tokens into language models and out of them.
SELECT $__timeGroupAlias(start_time, $__interval),
       attributes ->> 'gen_ai.request.model' AS metric,
       sum((attributes ->> 'gen_ai.usage.input_tokens')::float8) AS "in",
       sum((attributes ->> 'gen_ai.usage.output_tokens')::float8) AS "out"
FROM spans
WHERE $__unixEpochNanoFilter(start_ns) AND jsonb_typeof(attributes -> 'gen_ai.usage.input_tokens') = 'number'
GROUP BY 1, 2
ORDER BY 1, 2
