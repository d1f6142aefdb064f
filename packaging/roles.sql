-- What each kind of process may do in the database. The owner of the tables, who ran "batch migrate --tables", runs
-- this once in the database, and again after each upgrade; then make logins that are in one of the roles:
--   CREATE USER batch_worker_1 IN ROLE batch_worker PASSWORD '…';
DO $$
DECLARE name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['batch_worker', 'batch_console', 'batch_reader'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', name);
		END IF;
	END LOOP;
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO batch_worker, batch_console, batch_reader;

-- Entries, contents and commits are added, and never changed or removed by anyone.
GRANT SELECT ON batch_version, batch_offer, batch_entry, batch_commit, batch_content, batch_file, batch_turn
	TO batch_worker, batch_console, batch_reader;
GRANT UPDATE ON batch_offer TO batch_worker, batch_console;
GRANT INSERT ON batch_entry, batch_commit, batch_content TO batch_worker, batch_console;
GRANT INSERT, UPDATE, DELETE ON batch_file TO batch_worker, batch_console;
GRANT DELETE ON batch_content TO batch_worker, batch_console; -- of runs that were pruned; what a file names stays
GRANT INSERT ON batch_offer TO batch_console; -- "batch push" and "batch migrate" bring offers there

GRANT INSERT, UPDATE ON batch_turn TO batch_worker, batch_console; -- whose turn it is to read a channel or to deliver

-- The queue.
DO $$
DECLARE t text;
BEGIN
	FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'river\_%' LOOP
		EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO batch_worker, batch_console', t);
		EXECUTE format('GRANT SELECT ON %I TO batch_reader', t);
	END LOOP;
END $$;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO batch_worker, batch_console;

-- Accounts and sessions are for the console alone.
GRANT USAGE ON SCHEMA batch_console TO batch_console;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA batch_console TO batch_console;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA batch_console TO batch_console;
REVOKE UPDATE, DELETE ON batch_console.event FROM batch_console;
