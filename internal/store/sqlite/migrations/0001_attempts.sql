-- Instants are microseconds since the Unix epoch, UTC; 0 is no time. Blobs
-- start with a byte that is the version of their form. States, kinds and
-- flags are the numbers that the engine gives them, which never change.

-- A definition is kept once for each content.
CREATE TABLE definitions (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE, -- SHA-256 of body
    body BLOB NOT NULL
);

CREATE TABLE projects (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL,
    latest  INTEGER NOT NULL, -- revisions.id of the newest
    created INTEGER NOT NULL,
    deleted INTEGER NOT NULL
);

CREATE UNIQUE INDEX projects_name    ON projects (name) WHERE deleted = 0;
CREATE INDEX        projects_deleted ON projects (deleted, id) WHERE deleted <> 0;

CREATE TABLE revisions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    project      INTEGER NOT NULL, -- projects.id
    name         TEXT    NOT NULL,
    archive_type TEXT    NOT NULL,
    archive_path TEXT    NOT NULL,
    archive_md5  BLOB,
    archive_size INTEGER NOT NULL,
    user_info    BLOB,
    created      INTEGER NOT NULL,
    UNIQUE (project, name)
);

CREATE INDEX revisions_project ON revisions (project, id);

CREATE TABLE archives (
    revision INTEGER PRIMARY KEY, -- revisions.id
    bytes    BLOB NOT NULL
);

CREATE TABLE workflows (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    revision   INTEGER NOT NULL, -- revisions.id
    project    INTEGER NOT NULL, -- the revision's
    name       TEXT    NOT NULL,
    zone       TEXT    NOT NULL,
    config     BLOB,
    definition INTEGER NOT NULL, -- definitions.id
    UNIQUE (revision, name)
);

CREATE INDEX workflows_revision ON workflows (revision, id);
CREATE INDEX workflows_used     ON workflows (definition);

CREATE TABLE schedules (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    project   INTEGER NOT NULL, -- projects.id
    name      TEXT    NOT NULL, -- the workflow's
    workflow  INTEGER NOT NULL, -- workflows.id
    next_run  INTEGER NOT NULL,
    next_time INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    disabled  INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    updated   INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    UNIQUE (project, name)
);

CREATE INDEX schedules_due ON schedules (next_run, id) WHERE disabled = 0;

CREATE TABLE sessions (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid     TEXT    NOT NULL,
    project  INTEGER NOT NULL, -- projects.id; 0 for the runs of a folder
    workflow TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    time     INTEGER NOT NULL,
    attempts INTEGER NOT NULL, -- how many it has
    last     INTEGER NOT NULL, -- attempts.id of the newest
    UNIQUE (project, workflow, key)
);

CREATE INDEX sessions_project  ON sessions (project, id);
CREATE INDEX sessions_workflow ON sessions (project, workflow, id);
CREATE INDEX sessions_time     ON sessions (project, workflow, time);

CREATE TABLE attempts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    session        INTEGER NOT NULL, -- sessions.id
    number         INTEGER NOT NULL, -- counts the attempts of a session from 1
    name           TEXT    NOT NULL,
    project        INTEGER NOT NULL, -- the session's
    workflow       TEXT    NOT NULL, -- the session's
    stored         INTEGER NOT NULL, -- workflows.id, or 0
    zone           TEXT    NOT NULL,
    created        INTEGER NOT NULL,
    definition     INTEGER NOT NULL, -- definitions.id
    resume_attempt INTEGER NOT NULL,
    resume_from    TEXT    NOT NULL,
    due            INTEGER NOT NULL,
    after          INTEGER NOT NULL, -- sessions.id, or 0
    wake           INTEGER NOT NULL,
    epoch          INTEGER NOT NULL, -- leases.id of the owner; 0 is none
    state          INTEGER NOT NULL, -- 0 runs; others are final; 1 is success
    cancel_asked   INTEGER NOT NULL,
    tasks          INTEGER NOT NULL,
    started        INTEGER NOT NULL,
    ended          INTEGER NOT NULL,
    params         BLOB,
    edits          BLOB,
    shared         BLOB,
    UNIQUE (session, name)
);

CREATE INDEX attempts_project  ON attempts (project, id);
CREATE INDEX attempts_workflow ON attempts (project, workflow, id);
CREATE INDEX attempts_running  ON attempts (id) WHERE state = 0;
CREATE INDEX attempts_active   ON attempts (project, workflow, id) WHERE state = 0;
CREATE INDEX attempts_unowned  ON attempts (wake, id) WHERE state = 0 AND epoch = 0;
CREATE INDEX attempts_owned    ON attempts (epoch, id) WHERE state = 0 AND epoch <> 0;
CREATE INDEX attempts_after    ON attempts (after) WHERE after <> 0 AND state = 0;
CREATE INDEX attempts_resumed  ON attempts (resume_attempt) WHERE resume_attempt <> 0 AND state = 0;
CREATE INDEX attempts_past     ON attempts (ended, id) WHERE state <> 0;
CREATE INDEX attempts_used     ON attempts (definition);

-- Most attempts succeed: those are in no index of their own.
CREATE INDEX attempts_failed             ON attempts (state, id) WHERE state > 1;
CREATE INDEX attempts_failed_of_project  ON attempts (project, state, id) WHERE state > 1;
CREATE INDEX attempts_failed_of_workflow ON attempts (project, workflow, state, id) WHERE state > 1;

CREATE TABLE posts (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    attempt INTEGER NOT NULL, -- attempts.id
    body    BLOB    NOT NULL
);

CREATE INDEX posts_attempt ON posts (attempt, id);

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

CREATE TABLE growths (
    written INTEGER PRIMARY KEY, -- order of writing
    attempt INTEGER NOT NULL,
    first   INTEGER NOT NULL,
    parent  INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    body    BLOB    NOT NULL,
    UNIQUE (attempt, first, parent, kind)
);

-- A row has neighbouring events of one attempt that were written together. That
-- of no attempt, 0, says up to which number rows are missing, in last as well.
CREATE TABLE events (
    number  INTEGER PRIMARY KEY, -- order of writing
    attempt INTEGER NOT NULL,
    last    INTEGER NOT NULL, -- the number of the newest in body
    body    BLOB    NOT NULL,
    UNIQUE (attempt, last)
);

CREATE TABLE shared_values (
    key     TEXT    NOT NULL PRIMARY KEY,
    value   BLOB    NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX shared_values_expires ON shared_values (expires);

CREATE TABLE secrets (
    project INTEGER NOT NULL, -- projects.id
    scope   TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    record  TEXT    NOT NULL, -- encrypted
    PRIMARY KEY (project, scope, key)
) WITHOUT ROWID;

CREATE TABLE tokens (
    hash    BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the token
    name    TEXT    NOT NULL UNIQUE,
    scopes  BLOB    NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE audit (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    time      INTEGER NOT NULL,
    principal TEXT    NOT NULL,
    action    TEXT    NOT NULL,
    project   TEXT    NOT NULL, -- its name
    target    TEXT    NOT NULL,
    outcome   TEXT    NOT NULL,
    remote    TEXT    NOT NULL
);

CREATE INDEX audit_time      ON audit (time, id);
CREATE INDEX audit_project   ON audit (project, time, id);
CREATE INDEX audit_principal ON audit (principal, time, id);
CREATE INDEX audit_action    ON audit (action, time, id);

-- An epoch is never used again.
CREATE TABLE leases (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT    NOT NULL UNIQUE,
    until INTEGER NOT NULL
);
