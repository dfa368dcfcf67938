-- Who can drive an attempt: 0 is everybody, others are only the program that has
-- the functions of its tasks, by the project.
ALTER TABLE attempts ADD COLUMN pool INTEGER NOT NULL DEFAULT 0; -- projects.id, or 0

DROP INDEX attempts_unowned;
CREATE INDEX attempts_unowned ON attempts (pool, wake, id) WHERE state = 0 AND epoch = 0;

-- Those that are bounded.
CREATE INDEX attempts_bounded ON attempts (id) WHERE state = 0 AND pool = 0 AND project <> 0;
