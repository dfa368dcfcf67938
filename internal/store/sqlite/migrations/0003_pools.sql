-- Who can drive an attempt: 0 is everybody, others are only the program that has
-- the functions of its tasks, by the project.
ALTER TABLE attempts ADD COLUMN pool INTEGER NOT NULL DEFAULT 0; -- projects.id, or 0

DROP INDEX attempts_unowned;
CREATE INDEX attempts_unowned ON attempts (pool, wake, id) WHERE state = 0 AND epoch = 0;

-- Those that are bounded.
CREATE INDEX attempts_bounded ON attempts (id) WHERE state = 0 AND pool = 0 AND project <> 0;

-- Who owned the attempt when a post came: what came before somebody owns it is
-- loaded with it, so that only what comes then is looked for.
ALTER TABLE posts ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0; -- leases.id, or 0

CREATE INDEX posts_owned ON posts (epoch, id) WHERE epoch <> 0;

CREATE TABLE attempt_tags (
    attempt INTEGER NOT NULL, -- attempts.id
    name    TEXT    NOT NULL,
    value   TEXT    NOT NULL,
    PRIMARY KEY (attempt, name)
) WITHOUT ROWID;

CREATE INDEX attempt_tags_value ON attempt_tags (name, value, attempt);

-- Attempts that are to be admitted, and those that were: which of these hold a place
-- their state tells, so that their end writes nothing here.
CREATE TABLE queue (
    attempt  INTEGER PRIMARY KEY, -- attempts.id
    rank     INTEGER NOT NULL,    -- lower ones come first
    weight   INTEGER NOT NULL,
    admitted INTEGER NOT NULL     -- 0 is not yet
);

CREATE INDEX queue_waiting ON queue (rank, attempt) WHERE admitted = 0;
CREATE INDEX queue_held    ON queue (attempt) WHERE admitted <> 0;

-- Up to when what is known by a name and a value is used up by what has begun.
CREATE TABLE queue_spent (
    name  TEXT    NOT NULL, -- of a limit
    value TEXT    NOT NULL, -- of its tag, or none
    until INTEGER NOT NULL,
    PRIMARY KEY (name, value)
) WITHOUT ROWID;

-- The items of collections. Those of a list, which a try has made, have the indexes
-- from 0 on.
CREATE TABLE items (
    attempt INTEGER  NOT NULL, -- attempts.id
    task    INTEGER  NOT NULL, -- the collection
    list    INTEGER  NOT NULL,
    idx     INTEGER  NOT NULL,
    key     BLOB     NOT NULL,
    value   BLOB     NOT NULL,
    state   INTEGER  NOT NULL,
    started INTEGER  NOT NULL,
    ended   INTEGER  NOT NULL,
    detail  BLOB    ,
    PRIMARY KEY (attempt, task, list, idx)
) WITHOUT ROWID;

CREATE INDEX items_failed ON items (attempt, task, list, idx) WHERE state = 5;

-- Where those are who work on the database and go on, and what they say of it.
CREATE TABLE notes (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
) WITHOUT ROWID;

-- What tries hold of pools once that is granted, and wait for before. What is held
-- is free once the task does not run the try any more, which writes nothing here.
CREATE TABLE slots (
    attempt INTEGER NOT NULL, -- attempts.id
    task    INTEGER NOT NULL,
    try     INTEGER NOT NULL,
    pool    TEXT    NOT NULL,
    slots   INTEGER NOT NULL,
    rank    INTEGER NOT NULL, -- lower ones come first
    since   INTEGER NOT NULL,
    granted INTEGER NOT NULL, -- 0 is not yet
    epoch   INTEGER NOT NULL, -- of who has claimed it last
    handed  INTEGER NOT NULL, -- 1 once somebody who had claimed it was told
    PRIMARY KEY (attempt, task, pool)
);

CREATE INDEX slots_waiting ON slots (pool, rank, since, attempt, task) WHERE granted = 0;
CREATE INDEX slots_held    ON slots (pool, attempt, task) WHERE granted <> 0;

CREATE TABLE pools (
    name TEXT    PRIMARY KEY,
    size INTEGER NOT NULL
);

-- The newest session time that was decided about, and what session times follow from.
ALTER TABLE schedules ADD COLUMN evaluated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE schedules ADD COLUMN rule      TEXT    NOT NULL DEFAULT '';

-- What became of schedules and sensors each time they were looked at. Nothing follows
-- from it.
CREATE TABLE ticks (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    time     INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    project  INTEGER NOT NULL, -- projects.id, or 0
    name     TEXT    NOT NULL, -- of the workflow or the sensor
    slot     INTEGER NOT NULL,
    until    INTEGER NOT NULL, -- the last slot of a range, or 0
    slots    INTEGER NOT NULL,
    outcome  INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    started  INTEGER NOT NULL,
    attempts TEXT    NOT NULL  -- their ids, with spaces between
);

CREATE INDEX ticks_of      ON ticks (project, name, time, id);
CREATE INDEX ticks_project ON ticks (project, kind, time, id);
CREATE INDEX ticks_outcome ON ticks (outcome, kind, time, id);

-- The newest tasks that ended well with what is of a version.
CREATE TABLE versions (
    project  INTEGER NOT NULL, -- that of the attempt
    version  TEXT NOT NULL,
    attempt  INTEGER NOT NULL, -- attempts.id
    task     INTEGER NOT NULL,
    name     TEXT NOT NULL, -- the task's
    workflow TEXT NOT NULL, -- the attempt's
    made     INTEGER NOT NULL,
    used     INTEGER NOT NULL,
    gave     BLOB NOT NULL, -- as a task's detail
    PRIMARY KEY (project, version)
) WITHOUT ROWID;

CREATE INDEX versions_attempt ON versions (attempt, used);

-- What sensors have seen, and when each is evaluated again.
CREATE TABLE sensors (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project     INTEGER NOT NULL, -- projects.id
    name        TEXT    NOT NULL, -- the workflow's
    workflow    INTEGER NOT NULL, -- workflows.id
    pool        INTEGER NOT NULL, -- of who can evaluate it
    cursor_text TEXT    NOT NULL,
    last_key    TEXT    NOT NULL,
    last_tick   INTEGER NOT NULL,
    next_tick   INTEGER NOT NULL,
    failures    INTEGER NOT NULL,
    outcome     INTEGER NOT NULL, -- of the last tick
    reason      TEXT    NOT NULL, -- and its reason
    disabled    INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    UNIQUE (project, name)
);

CREATE INDEX sensors_due ON sensors (pool, next_tick, id) WHERE disabled = 0;

-- The run keys that a sensor has used.
CREATE TABLE sensor_keys (
    sensor INTEGER NOT NULL, -- sensors.id
    name   TEXT    NOT NULL,
    PRIMARY KEY (sensor, name)
) WITHOUT ROWID;

-- What tasks have told. It outlives their attempts, and goes with the project.
CREATE TABLE facts (
    id       INTEGER PRIMARY KEY,
    project  INTEGER NOT NULL, -- that of the attempt
    workflow TEXT NOT NULL, -- that of the attempt
    session  TEXT NOT NULL, -- the key of its session
    attempt  INTEGER NOT NULL,
    seq      INTEGER NOT NULL, -- of the event of the attempt
    at       INTEGER NOT NULL,
    kind     INTEGER NOT NULL, -- 1 is of a product, 2 of an expectation
    name     TEXT NOT NULL, -- of that
    part     TEXT NOT NULL, -- the partition of a product, or none
    held     INTEGER NOT NULL, -- 1 where an expectation holds
    task     TEXT NOT NULL, -- the full name
    try      INTEGER NOT NULL,
    body     BLOB NOT NULL,
    UNIQUE (attempt, at, seq)
);

CREATE INDEX facts_name ON facts (project, kind, name, at, id);
CREATE INDEX facts_part ON facts (project, name, part, at, id) WHERE kind = 1;
CREATE INDEX facts_at   ON facts (at, id);
