-- What comes from outside may be any bytes, of any length: texts of messages
-- are blobs, and a mark of 16 bytes stands for several of them where they are
-- looked for.

-- 0 leaves it to the body which task a post is for.
ALTER TABLE posts ADD COLUMN task INTEGER NOT NULL DEFAULT 0;

-- Those of an attempt that has ended count for nothing, so that its end need not
-- look for them.
CREATE TABLE subscriptions (
    attempt INTEGER NOT NULL, -- attempts.id
    task    INTEGER NOT NULL,
    mark    BLOB    NOT NULL, -- of topic, param and value
    topic   BLOB    NOT NULL,
    param   BLOB    NOT NULL,
    value   BLOB    NOT NULL,
    one     INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (attempt, task, mark)
) WITHOUT ROWID;

CREATE INDEX subscriptions_waiting ON subscriptions (mark, one, since, attempt, task);
CREATE INDEX subscriptions_topic   ON subscriptions (topic, param, one, since, attempt, task, mark);

-- Messages that are kept: early ones, and dead letters.
CREATE TABLE letters (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    topic   BLOB    NOT NULL,
    source  BLOB    NOT NULL,
    mark    BLOB    NOT NULL, -- of topic and source
    body    BLOB,             -- that of a post; none if the message can't be read
    raw     BLOB,             -- what can't be read
    came    INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    died    INTEGER NOT NULL, -- 0 is early
    reason  BLOB    NOT NULL,
    attempt INTEGER NOT NULL, -- attempts.id of the task that buried it, or 0
    task    INTEGER NOT NULL
);

CREATE INDEX letters_early       ON letters (id) WHERE died = 0;
CREATE INDEX letters_early_topic ON letters (topic, id) WHERE died = 0;
CREATE INDEX letters_expires     ON letters (expires, id) WHERE died = 0;
CREATE INDEX letters_dead        ON letters (id) WHERE died <> 0;
CREATE INDEX letters_dead_topic  ON letters (topic, id) WHERE died <> 0;
CREATE INDEX letters_died        ON letters (died, id) WHERE died <> 0;

CREATE UNIQUE INDEX letters_buried ON letters (attempt, task, mark, died) WHERE attempt <> 0;

CREATE TABLE letter_keys (
    letter INTEGER NOT NULL, -- letters.id
    mark   BLOB    NOT NULL, -- of topic, param and value
    param  BLOB    NOT NULL,
    value  BLOB    NOT NULL,
    early  INTEGER NOT NULL, -- 1 while the letter is
    PRIMARY KEY (letter, mark)
) WITHOUT ROWID;

CREATE INDEX letter_keys_early ON letter_keys (mark, letter) WHERE early = 1;
CREATE INDEX letter_keys_dead  ON letter_keys (mark, letter) WHERE early = 0;

-- Messages that are duplicates if they come again.
CREATE TABLE sources (
    mark    BLOB    NOT NULL PRIMARY KEY, -- of topic and source
    expires INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sources_expires ON sources (expires);

CREATE TABLE offsets (
    feeder TEXT    NOT NULL,
    topic  BLOB    NOT NULL,
    number INTEGER NOT NULL, -- of the partition
    next   INTEGER NOT NULL,
    PRIMARY KEY (feeder, topic, number)
) WITHOUT ROWID;

CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    attempt INTEGER NOT NULL, -- attempts.id
    task    INTEGER NOT NULL,
    try     INTEGER NOT NULL,
    place   INTEGER NOT NULL, -- among the records of the try
    topic   BLOB    NOT NULL,
    key     BLOB    NOT NULL,
    value   BLOB    NOT NULL,
    headers BLOB,
    stored  INTEGER NOT NULL,
    UNIQUE (attempt, task, try, place)
);
