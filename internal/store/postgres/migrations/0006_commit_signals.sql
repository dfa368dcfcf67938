-- commit_signals writes what a batch says of messages, after commit_batch has
-- written the rest of it in the same transaction. It reports whether that
-- leaves others something to do.
--
-- Whoever opens a subscription, or needs the next number of a letter or a
-- record, has the lock of those who give out numbers, as those who route
-- messages have: so no message falls between a look at the subscriptions and one
-- at the early messages. To close a subscription takes no lock.
CREATE FUNCTION commit_signals(
    b_attempt bigint[], b_task integer[], b_topic bytea[], b_source bytea[], b_mark bytea[], b_body bytea[], b_died bigint[], b_reason bytea[],
    l_attempt bigint[], l_task integer[],
    s_attempt bigint[], s_task integer[], s_mark bytea[], s_topic bytea[], s_param bytea[], s_value bytea[], s_one smallint[], s_since bigint[],
    f_attempt bigint[], f_task integer[],
    o_attempt bigint[], o_task integer[], o_try integer[], o_place integer[], o_topic bytea[], o_key bytea[], o_value bytea[], o_headers bytea[], o_stored bigint[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    took bigint[];
    for_attempts bigint[];
    for_tasks integer[];
BEGIN
    IF cardinality(b_attempt) > 0 THEN
        WITH put AS (
            INSERT INTO letters (topic, source, mark, body, came, expires, died, reason, attempt, task)
            SELECT u.topic, u.source, u.mark, u.body, u.died, 0, u.died, u.reason, u.attempt, u.task
            FROM unnest(b_attempt, b_task, b_topic, b_source, b_mark, b_body, b_died, b_reason) WITH ORDINALITY
                AS u (attempt, task, topic, source, mark, body, died, reason, n)
            ORDER BY u.n
            ON CONFLICT (attempt, task, mark, died) WHERE attempt <> 0 DO NOTHING
            RETURNING id, attempt, task, topic
        )
        INSERT INTO letter_keys (letter, mark, param, value, early)
        SELECT p.id, s.mark, s.param, s.value, 0
        FROM put p JOIN subscriptions s ON s.attempt = p.attempt AND s.task = p.task AND s.topic = p.topic;
    END IF;

    IF cardinality(l_attempt) > 0 THEN
        DELETE FROM subscriptions s USING unnest(l_attempt, l_task) AS u (attempt, task)
        WHERE s.attempt = u.attempt AND s.task = u.task
            AND NOT EXISTS (SELECT FROM unnest(s_attempt, s_task, s_mark) AS k (attempt, task, mark)
                WHERE k.mark = s.mark AND k.attempt = s.attempt AND k.task = s.task);
    END IF;
    IF cardinality(s_attempt) > 0 THEN
        UPDATE subscriptions s SET one = u.one, since = u.since
        FROM unnest(s_attempt, s_task, s_mark, s_one, s_since) AS u (attempt, task, mark, one, since)
        WHERE s.attempt = u.attempt AND s.task = u.task AND s.mark = u.mark AND (s.one <> u.one OR s.since <> u.since);

        WITH opened AS (
            INSERT INTO subscriptions (attempt, task, mark, topic, param, value, one, since)
            SELECT u.attempt, u.task, u.mark, u.topic, u.param, u.value, u.one, u.since
            FROM unnest(s_attempt, s_task, s_mark, s_topic, s_param, s_value, s_one, s_since)
                AS u (attempt, task, mark, topic, param, value, one, since)
            JOIN attempts a ON a.id = u.attempt AND a.state + 0 = 0
            WHERE NOT EXISTS (SELECT FROM subscriptions s WHERE s.attempt = u.attempt AND s.task = u.task AND s.mark = u.mark)
            RETURNING attempt, task, mark, since
        ), taken AS (
            SELECT DISTINCT ON (k.letter) k.letter, o.attempt, o.task
            FROM opened o JOIN letter_keys k ON k.mark = o.mark AND k.early = 1
            WHERE NOT EXISTS (SELECT FROM unnest(f_attempt, f_task) AS f (attempt, task) WHERE f.attempt = o.attempt AND f.task = o.task)
            ORDER BY k.letter, o.since, o.attempt, o.task
        )
        SELECT array_agg(letter ORDER BY letter), array_agg(attempt ORDER BY letter), array_agg(task ORDER BY letter)
        INTO took, for_attempts, for_tasks FROM taken;
    END IF;
    IF took IS NOT NULL THEN
        INSERT INTO posts (attempt, task, body, epoch)
        SELECT u.attempt, u.task, l.body, (SELECT a.epoch FROM attempts a WHERE a.id = u.attempt)
        FROM unnest(took, for_attempts, for_tasks) AS u (letter, attempt, task) JOIN letters l ON l.id = u.letter
        ORDER BY u.letter;
        DELETE FROM letter_keys WHERE letter = ANY (took);
        DELETE FROM letters WHERE id = ANY (took);
        UPDATE attempts SET wake = 0 WHERE id IN (
            SELECT id FROM attempts WHERE id = ANY (for_attempts) AND epoch = 0 AND wake <> 0
                AND NOT (started = 0 AND (wake = 9223372036854775806 OR wake = 9223372036854775807 AND after <> 0))
            ORDER BY id FOR NO KEY UPDATE);
    END IF;

    IF cardinality(o_attempt) > 0 THEN
        INSERT INTO outbox (attempt, task, try, place, topic, key, value, headers, stored)
        SELECT u.attempt, u.task, u.try, u.place, u.topic, u.key, u.value, u.headers, u.stored
        FROM unnest(o_attempt, o_task, o_try, o_place, o_topic, o_key, o_value, o_headers, o_stored) WITH ORDINALITY
            AS u (attempt, task, try, place, topic, key, value, headers, stored, n)
        ORDER BY u.n
        ON CONFLICT (attempt, task, try, place) DO NOTHING;
    END IF;
    RETURN took IS NOT NULL OR cardinality(o_attempt) > 0;
END
$$;
