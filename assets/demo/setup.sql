-- What the sample project expects to find on a server, for trying it on a real Materialize. Run it once, with psql, as the
-- role `materialize`, who must be allowed to create clusters and roles; then `dbt run` builds production. The simulated
-- server of `cutover demo` has all of it already. It needs no setting that is not on by default: FOR ALL TABLES makes the tables of
-- the source on every server, CREATE TABLE .. FROM SOURCE only where that has been switched on.

CREATE CLUSTER compute (SIZE = '25cc', REPLICATION FACTOR = 1);
CREATE CLUSTER serving (SIZE = '25cc', REPLICATION FACTOR = 1);
CREATE CLUSTER ingest (SIZE = '25cc', REPLICATION FACTOR = 1);
CREATE CLUSTER egress (SIZE = '25cc', REPLICATION FACTOR = 1);

CREATE SCHEMA blue_green_slim;
CREATE SCHEMA serving;
CREATE SCHEMA auction_house;
CREATE SCHEMA sinks;

CREATE SOURCE auction_house.house IN CLUSTER ingest FROM LOAD GENERATOR AUCTION (TICK INTERVAL '1s', AS OF 1) FOR ALL TABLES;

CREATE CONNECTION sinks.kafka TO KAFKA (BROKER '127.0.0.1:9092', SECURITY PROTOCOL PLAINTEXT) WITH (VALIDATE = false);

CREATE ROLE front_desk;
GRANT USAGE ON SCHEMA serving TO front_desk;
GRANT USAGE ON CLUSTER serving TO front_desk;
ALTER DEFAULT PRIVILEGES FOR ROLE materialize IN SCHEMA serving GRANT SELECT ON TABLES TO front_desk;
