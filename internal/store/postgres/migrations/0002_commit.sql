-- commit_batch writes a batch, or raises PW409 (a conflict) or PW404 (not
-- found) and writes nothing. Unless the caller is alone, which has the lock of
-- those who give out numbers, it does so with PW412 where something is left in
-- the inboxes of attempts that end, or others come after them; what is left is
-- for the caller to take first. It reports whether attempts that come after a
-- session may begin.
--
-- What keeps it right among others, who may all be in other processes:
--
-- * The commits of one epoch follow each other (the advisory lock), so that
--   one whose answer was lost can't write after those that came later.
-- * The lease can't end before the commit does (FOR KEY SHARE; to renew it is
--   no conflict), and nobody else takes attempts from the epoch of a lease
--   that stands.
-- * Who relies on an attempt being unfinished and owned, to post to it or to
--   come after it, holds it FOR KEY SHARE, which only FOR UPDATE conflicts
--   with: the lock on what the commit ends or releases. Once it is had, the
--   statements that follow see what the others wrote.
-- * Commits that wake what comes after a session are alone: of two that end the
--   attempts of one, the second sees what the first wrote. The others lock
--   nothing after what they end or release, so that nobody waits in a circle.
--
-- Rows are locked in order of id. A sum with 0 hides a column from the
-- planner, lest it reads an index of many rows.
CREATE FUNCTION commit_batch(
    space integer, for_owner text, for_epoch bigint, alone boolean, named bigint[],
    settled bigint[], ended_ones bigint[],
    a_id bigint[], a_state smallint[], a_cancel boolean[], a_tasks integer[],
    a_started bigint[], a_ended bigint[], a_edits bytea[], a_shared bytea[],
    t_attempt bigint[], t_id integer[], t_parent integer[], t_name text[], t_state smallint[], t_flags integer[],
    t_try integer[], t_retries integer[], t_started bigint[], t_ended bigint[], t_wake bigint[], t_deadline bigint[], t_detail bytea[],
    g_attempt bigint[], g_first integer[], g_parent integer[], g_kind smallint[], g_body bytea[],
    e_attempt bigint[], e_last bigint[], e_body bytea[],
    consumed bigint[],
    r_id bigint[], r_wake bigint[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
    former bigint[];
    woken boolean := false;
BEGIN
    IF for_owner <> '' THEN
        PERFORM pg_advisory_xact_lock(space, for_epoch::integer);
        PERFORM 1 FROM leases WHERE id = for_epoch AND owner = for_owner FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'PW409', MESSAGE = format('%s has no lease in epoch %s', for_owner, for_epoch);
        END IF;
        SELECT count(*) INTO n FROM attempts WHERE id = ANY (named) AND epoch = for_epoch;
        IF n < cardinality(named) THEN
            RAISE EXCEPTION USING ERRCODE = 'PW409', MESSAGE =
                format('the batch is about %s attempts, and %s owns only %s of them in epoch %s', cardinality(named), for_owner, n, for_epoch);
        END IF;
        IF cardinality(consumed) > 0 THEN
            PERFORM 1 FROM posts p JOIN attempts a ON a.id = p.attempt WHERE p.id = ANY (consumed) AND a.epoch <> for_epoch;
            IF FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'PW409', MESSAGE =
                    format('the batch consumes posts to attempts that %s does not own in epoch %s', for_owner, for_epoch);
            END IF;
        END IF;
    ELSE
        SELECT count(*) INTO n FROM attempts WHERE id = ANY (named);
        IF n < cardinality(named) THEN
            RAISE EXCEPTION USING ERRCODE = 'PW404', MESSAGE =
                format('the batch is about %s attempts, and only %s of them exist', cardinality(named), n);
        END IF;
    END IF;

    IF cardinality(settled) > 0 THEN
        PERFORM 1 FROM attempts WHERE id = ANY (settled) ORDER BY id FOR UPDATE;
    END IF;
    IF cardinality(a_id) > 0 THEN
        UPDATE attempts a
        SET state = u.state, cancel_asked = u.cancel, tasks = u.tasks, started = u.started, ended = u.ended,
            edits = u.edits, shared = u.shared
        FROM unnest(a_id, a_state, a_cancel, a_tasks, a_started, a_ended, a_edits, a_shared)
            AS u (id, state, cancel, tasks, started, ended, edits, shared)
        WHERE a.id = u.id;
    END IF;
    IF cardinality(t_id) > 0 THEN
        INSERT INTO tasks (attempt, id, parent, name, state, flags, try, retries, started, ended, wake, deadline, detail)
        SELECT * FROM unnest(t_attempt, t_id, t_parent, t_name, t_state, t_flags,
            t_try, t_retries, t_started, t_ended, t_wake, t_deadline, t_detail)
        ON CONFLICT (attempt, id) DO UPDATE SET
            parent = excluded.parent, name = excluded.name, state = excluded.state, flags = excluded.flags,
            try = excluded.try, retries = excluded.retries, started = excluded.started, ended = excluded.ended,
            wake = excluded.wake, deadline = excluded.deadline, detail = excluded.detail;
    END IF;
    IF cardinality(g_attempt) > 0 THEN
        INSERT INTO growths (attempt, first, parent, kind, body)
        SELECT * FROM unnest(g_attempt, g_first, g_parent, g_kind, g_body)
        ON CONFLICT (attempt, first, parent, kind) DO UPDATE SET body = excluded.body;
    END IF;
    IF cardinality(e_attempt) > 0 THEN
        INSERT INTO events (attempt, last, body)
        SELECT * FROM unnest(e_attempt, e_last, e_body)
        ON CONFLICT (attempt, last) DO NOTHING;
    END IF;
    IF cardinality(consumed) > 0 THEN
        DELETE FROM posts WHERE id = ANY (consumed);
    END IF;
    IF cardinality(r_id) > 0 THEN
        UPDATE attempts a
        SET epoch = 0, wake = CASE WHEN EXISTS (SELECT FROM posts p WHERE p.attempt = a.id) THEN 0 ELSE u.wake END
        FROM unnest(r_id, r_wake) AS u (id, wake)
        WHERE a.id = u.id;
    END IF;

    IF cardinality(ended_ones) > 0 THEN
        DELETE FROM posts WHERE attempt = ANY (ended_ones);
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'PW412', MESSAGE = 'something is posted to attempts that end';
        END IF;
        SELECT array_agg(DISTINCT session) INTO former FROM attempts WHERE id = ANY (ended_ones);
        PERFORM 1 FROM attempts WHERE after = ANY (former) AND after <> 0 AND state + 0 = 0 AND epoch = 0 AND wake <> 0;
        IF FOUND AND NOT alone THEN
            RAISE EXCEPTION USING ERRCODE = 'PW412', MESSAGE = 'others come after attempts that end';
        ELSIF FOUND THEN
            UPDATE attempts a
            SET wake = CASE WHEN EXISTS (SELECT FROM queue q WHERE q.attempt = a.id AND q.admitted = 0) THEN 9223372036854775806 ELSE 0 END
            WHERE a.after = ANY (former) AND a.after <> 0 AND a.state + 0 = 0 AND a.epoch = 0 AND a.wake <> 0
                AND NOT EXISTS (SELECT FROM attempts o WHERE o.session = a.after AND o.state + 0 = 0);
            woken := FOUND;
        END IF;
    END IF;
    RETURN woken;
END
$$;
