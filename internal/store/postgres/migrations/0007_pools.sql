-- Who can drive an attempt: 0 is everybody, others are only the program that has
-- the functions of its tasks, by the project.
ALTER TABLE attempts ADD COLUMN pool bigint NOT NULL DEFAULT 0; -- projects.id, or 0

DROP INDEX attempts_unowned;
CREATE INDEX attempts_unowned ON attempts (pool, wake, id) WHERE state = 0 AND epoch = 0;

-- Those that are bounded.
CREATE INDEX attempts_bounded ON attempts (id) WHERE state = 0 AND pool = 0 AND project <> 0;

-- Who owned the attempt when a post came: what came before somebody owns it is
-- loaded with it, so that only what comes then is looked for.
ALTER TABLE posts ADD COLUMN epoch bigint NOT NULL DEFAULT 0; -- leases.id, or 0

CREATE INDEX posts_owned ON posts (epoch, id) WHERE epoch <> 0;

CREATE TABLE attempt_tags (
    attempt bigint NOT NULL, -- attempts.id
    name    text   NOT NULL,
    value   text   NOT NULL,
    PRIMARY KEY (attempt, name)
);

CREATE INDEX attempt_tags_value ON attempt_tags (name, value, attempt);

-- Attempts that are to be admitted, and those that were: which of these hold a place
-- their state tells, so that their end writes nothing here.
CREATE TABLE queue (
    attempt  bigint PRIMARY KEY, -- attempts.id
    rank     bigint NOT NULL,    -- lower ones come first
    weight   bigint NOT NULL,
    admitted bigint NOT NULL     -- 0 is not yet
);

CREATE INDEX queue_waiting ON queue (rank, attempt) WHERE admitted = 0;
CREATE INDEX queue_held    ON queue (attempt) WHERE admitted <> 0;

-- Up to when what is known by a name and a value is used up by what has begun.
CREATE TABLE queue_spent (
    name  text   NOT NULL, -- of a limit
    value text   NOT NULL, -- of its tag, or none
    until bigint NOT NULL,
    PRIMARY KEY (name, value)
);

-- The items of collections. Those of a list, which a try has made, have the indexes
-- from 0 on.
CREATE TABLE items (
    attempt bigint   NOT NULL, -- attempts.id
    task    integer  NOT NULL, -- the collection
    list    integer  NOT NULL,
    idx     bigint   NOT NULL,
    key     bytea    NOT NULL,
    value   bytea    NOT NULL,
    state   smallint NOT NULL,
    started bigint   NOT NULL,
    ended   bigint   NOT NULL,
    detail  bytea   ,
    PRIMARY KEY (attempt, task, list, idx)
);

CREATE INDEX items_failed ON items (attempt, task, list, idx) WHERE state = 5;

-- Where those are who work on the database and go on, and what they say of it.
CREATE TABLE notes (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    text text NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- What tries hold of pools once that is granted, and wait for before. What is held
-- is free once the task does not run the try any more, which writes nothing here.
CREATE TABLE slots (
    attempt bigint  NOT NULL, -- attempts.id
    task    bigint  NOT NULL,
    try     bigint  NOT NULL,
    pool    text    NOT NULL,
    slots   bigint  NOT NULL,
    rank    bigint  NOT NULL, -- lower ones come first
    since   bigint  NOT NULL,
    granted bigint  NOT NULL, -- 0 is not yet
    needs   text    NOT NULL, -- of all pools, as NAME=SLOTS
    PRIMARY KEY (attempt, task, pool)
);

CREATE INDEX slots_waiting ON slots (pool, rank, since, attempt, task) WHERE granted = 0;
CREATE INDEX slots_held    ON slots (pool, attempt, task) WHERE granted <> 0;

CREATE TABLE pools (
    name text    PRIMARY KEY,
    size bigint  NOT NULL
);
