-- As somebody who may make roles. telemetry_owner makes the tables; programs record as telemetry_writer; Grafana and
-- sparktel read as telemetry_reader.
CREATE ROLE telemetry_owner LOGIN;
CREATE ROLE telemetry_writer LOGIN;
CREATE ROLE telemetry_reader LOGIN;
