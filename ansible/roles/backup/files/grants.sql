-- What the dumps' user may do: read all of MiniTwit's database, in what later migrations add too, and change nothing.
-- Run as the database's owner after migrations, with the user's name in the psql variable `user`; may run again.
\set ON_ERROR_STOP on
-- One counts rows while the other dumps
ALTER ROLE :"user" CONNECTION LIMIT 2;
ALTER ROLE :"user" SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA public TO :"user";
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"user";
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO :"user";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO :"user";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO :"user";
