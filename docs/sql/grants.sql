-- As telemetry_owner, when the tables are there; and again when a later version has added one.
GRANT SELECT, INSERT, UPDATE ON traces_data, implied_traces TO telemetry_writer;
GRANT SELECT, INSERT ON spans_data, events_data, metrics_data, graphs_data, resources TO telemetry_writer;
GRANT SELECT, INSERT ON dead_letters TO telemetry_writer;
GRANT SELECT ON spark_meta TO telemetry_writer;
-- For programs that use documents (Store::put).
GRANT SELECT, INSERT, UPDATE ON documents TO telemetry_writer;

-- For Grafana the five views would do; sparktel reads the tables.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO telemetry_reader;
