-- Instants are microseconds since the Unix epoch, UTC; 0 is no time. Blobs
-- start with a byte that is the version of their form. States, kinds and
-- flags are the numbers that the engine gives them, which never change.

-- A definition is kept once for each content.
CREATE TABLE definitions (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE, -- SHA-256 of body
    body BLOB NOT NULL
);

CREATE TABLE sessions (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid     TEXT    NOT NULL,
    project  TEXT    NOT NULL,
    workflow TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    time     INTEGER NOT NULL,
    attempts INTEGER NOT NULL, -- how many it has
    UNIQUE (project, workflow, key)
);

CREATE TABLE attempts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    session      INTEGER NOT NULL, -- sessions.id
    number       INTEGER NOT NULL, -- counts the attempts of a session from 1
    name         TEXT    NOT NULL,
    project      TEXT    NOT NULL, -- the session's
    workflow     TEXT    NOT NULL, -- the session's
    zone         TEXT    NOT NULL,
    created      INTEGER NOT NULL,
    definition   INTEGER NOT NULL, -- definitions.id
    epoch        INTEGER NOT NULL, -- leases.epoch of the owner; 0 is none
    state        INTEGER NOT NULL, -- 0 runs; others are final
    cancel_asked INTEGER NOT NULL,
    tasks        INTEGER NOT NULL,
    started      INTEGER NOT NULL,
    ended        INTEGER NOT NULL,
    params       BLOB,
    edits        BLOB,
    shared       BLOB,
    UNIQUE (session, name)
);

CREATE INDEX attempts_project  ON attempts (project, id);
CREATE INDEX attempts_workflow ON attempts (project, workflow, id);
CREATE INDEX attempts_running  ON attempts (id) WHERE state = 0;
CREATE INDEX attempts_unowned  ON attempts (id) WHERE state = 0 AND epoch = 0;
CREATE INDEX attempts_owned    ON attempts (epoch, id) WHERE epoch <> 0;

CREATE TABLE tasks (
    attempt  INTEGER NOT NULL,
    id       INTEGER NOT NULL,
    parent   INTEGER NOT NULL, -- -1 is none
    name     TEXT    NOT NULL,
    state    INTEGER NOT NULL,
    flags    INTEGER NOT NULL,
    try      INTEGER NOT NULL,
    retries  INTEGER NOT NULL,
    started  INTEGER NOT NULL,
    ended    INTEGER NOT NULL,
    wake     INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    detail   BLOB,
    PRIMARY KEY (attempt, id)
) WITHOUT ROWID;

-- What wakes next, of the tasks that are not final.
CREATE INDEX tasks_wake     ON tasks (wake)     WHERE wake <> 0 AND state < 4;
CREATE INDEX tasks_deadline ON tasks (deadline) WHERE deadline <> 0 AND state < 4;

CREATE TABLE growths (
    written INTEGER PRIMARY KEY, -- order of writing
    attempt INTEGER NOT NULL,
    first   INTEGER NOT NULL,
    parent  INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    body    BLOB    NOT NULL,
    UNIQUE (attempt, first, parent, kind)
);

-- A row has neighbouring events of one attempt that were written together.
CREATE TABLE events (
    attempt INTEGER NOT NULL,
    last    INTEGER NOT NULL, -- the number of the newest in body
    body    BLOB    NOT NULL,
    PRIMARY KEY (attempt, last)
) WITHOUT ROWID;

CREATE TABLE shared_values (
    key     TEXT    NOT NULL PRIMARY KEY,
    value   BLOB    NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX shared_values_expires ON shared_values (expires);

-- An epoch is never used again.
CREATE TABLE leases (
    epoch INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT    NOT NULL UNIQUE,
    until INTEGER NOT NULL
);
