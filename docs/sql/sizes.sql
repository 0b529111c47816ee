SELECT relname, pg_size_pretty(pg_table_size(oid)) AS rows, pg_size_pretty(pg_indexes_size(oid)) AS indexes
FROM pg_class WHERE relkind = 'r' AND relname ~ '^(traces|implied|spans|events|metrics)_' ORDER BY pg_total_relation_size(oid) DESC;
