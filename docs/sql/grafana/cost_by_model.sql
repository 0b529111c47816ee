-- Time series: what language models cost, in dollars. Calls without a price are not in it.
SELECT $__timeGroupAlias(start_time, $__interval),
       attributes ->> 'gen_ai.request.model' AS metric,
       sum((attributes ->> 'llm.cost')::float8) AS dollars
FROM spans
WHERE $__unixEpochNanoFilter(start_ns) AND jsonb_typeof(attributes -> 'llm.cost') = 'number'
GROUP BY 1, 2
ORDER BY 1, 2
