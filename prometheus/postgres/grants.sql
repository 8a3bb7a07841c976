-- The rights of the monitor's user: it may read numbers and times, never names, e-mails, passwords or texts.
-- Run as the database's owner after migrations, with the user's name in the psql variable `user`. Safe to repeat.
\set ON_ERROR_STOP on
ALTER ROLE :"user" CONNECTION LIMIT 2;
ALTER ROLE :"user" SET statement_timeout = '3s';
ALTER ROLE :"user" SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA public TO :"user";
GRANT SELECT (id, created_at) ON users TO :"user";
GRANT SELECT (id, author_id, published_at, flagged) ON messages TO :"user";
GRANT SELECT ON follows, latest TO :"user";
GRANT SELECT (id, version, state, step, started_at, ended_at) ON releases TO :"user";
GRANT SELECT (id, since, ended_at) ON release_freezes TO :"user";
-- Permits reading other users' transactions. If the owner may not grant it, the monitor sees only its own.
\set ON_ERROR_STOP off
GRANT pg_read_all_stats TO :"user";
