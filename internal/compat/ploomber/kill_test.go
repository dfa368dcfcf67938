//go:build unix

package ploomber_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// killedPipeline has tasks that make their products in two halves, with time
// between them to be killed.
const killedPipeline = `
clients:
  SQLScript: tasks.client
  SQLDump: tasks.client
  SQLiteRelation: tasks.client
meta:
  product_default_class: {SQLScript: SQLiteRelation}
tasks:
- {source: tasks.first, product: out/first.txt, params: {n: %[1]d}}
- {source: tasks.pair, product: {a: out/a.txt, b: out/b.txt}, params: {n: %[2]d}}
- {source: numbers.sql, product: [numbers, table], params: {n: %[3]d}}
- {source: dump.sql, product: out/dump.csv, chunksize: null}
- {source: last.sh, product: out/last.txt}
`

const killedTasks = `import time
from pathlib import Path


def client():
    from ploomber.clients import SQLAlchemyClient
    return SQLAlchemyClient('sqlite:///data.db')


def halves(product, first, second):
    Path(product).write_text(first)
    time.sleep(0.03)
    with open(product, 'a') as f:
        f.write(second)


def first(product, n):
    halves(product, f'first {n}\n', 'whole\n')


def pair(product, upstream, n):
    above = Path(upstream['first']).read_text()
    halves(product['a'], f'a {n}\n', above)
    halves(product['b'], f'b {n}\n', above)
`

const killedNumbers = `DROP TABLE IF EXISTS {{product}};
CREATE TABLE {{product}} AS
WITH RECURSIVE s(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM s WHERE x < 30000) SELECT sum(x) AS x, {{n}} AS n FROM s;
INSERT INTO {{product}}
WITH RECURSIVE s(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM s WHERE x < 30000) SELECT max(x), {{n}} FROM s
-- {{upstream['first']}}
`

const killedLast = `cat {{upstream['pair']['a']}} > {{product}}
sleep 0.03
cat {{upstream['pair']['b']}} {{upstream['dump']}} >> {{product}}
`

// A build that is killed at any moment leaves nothing that counts as up to date
// and is not whole, or is of another version; the next build makes up for it.
func TestKilledBuildsLeaveNothingHalfDoneBehind(t *testing.T) {
	t.Parallel()
	kills, seed := 10, uint64(1)
	if os.Getenv("PAWL_CHAOS") != "" {
		kills, seed = 100, uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	k := &killing{t: t, dir: t.TempDir(), dice: rand.New(rand.NewPCG(seed, 1)), took: 800 * time.Millisecond}
	for name, text := range map[string]string{
		"tasks.py": killedTasks, "numbers.sql": killedNumbers, "last.sh": killedLast,
		"dump.sql": "SELECT * FROM {{upstream['numbers']}} ORDER BY x",
	} {
		k.write(name, text)
	}
	for done := 0; done < kills; {
		for i := range k.versions {
			k.versions[i] = k.dice.IntN(2)
		}
		k.write("pipeline.yaml", fmt.Sprintf(killedPipeline, k.versions[0], k.versions[1], k.versions[2]))
		if k.build() {
			done++
		}
		k.check()
	}
	for killed := true; killed; {
		killed = k.build()
	}
	if left := k.check(); len(left) > 0 {
		t.Fatalf("after a build that nobody killed, pawl would run %v", left)
	}
}

// killing is a project whose builds are killed.
type killing struct {
	t        *testing.T
	dir      string
	dice     *rand.Rand
	versions [3]int // of the tasks that have one
	took     time.Duration
}

func (k *killing) write(name, text string) {
	k.t.Helper()
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// build builds, and reports whether the build was killed before it ended.
func (k *killing) build() (killed bool) {
	k.t.Helper()
	c := pawl(k.t, k.dir, "build")
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	c.WaitDelay = 10 * time.Second // what it has started may hold its output
	started := time.Now()
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			k.t.Fatalf("the build failed: %v\n%s", err, &said)
		}
		k.took = max(k.took/2, min(k.took*2, time.Since(started)))
		return false
	case <-time.After(time.Duration(k.dice.Int64N(int64(k.took) * 5 / 4))):
		k.took += k.took / 8 // what is never reached is never killed
	}
	if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		k.t.Fatal(err)
	}
	var exit *exec.ExitError
	return errors.As(<-done, &exit)
}

// check compares all products that count as up to date with what they should be,
// and returns the tasks that have to be run.
func (k *killing) check() []string {
	k.t.Helper()
	left, why := planned(k.t, k.dir)
	first := fmt.Sprintf("first %d\nwhole\n", k.versions[0])
	a, b := fmt.Sprintf("a %d\n%s", k.versions[1], first), fmt.Sprintf("b %d\n%s", k.versions[1], first)
	numbers := fmt.Sprintf("30000 | %[2]d\n%[1]d | %[2]d", 30000*30001/2, k.versions[2])
	dump := fmt.Sprintf("\"x\",\"n\"\n\"30000\",\"%[2]d\"\n\"%[1]d\",\"%[2]d\"\n", 30000*30001/2, k.versions[2])
	for _, want := range []struct{ task, product, text string }{
		{"first", "out/first.txt", first},
		{"pair", "out/a.txt", a},
		{"pair", "out/b.txt", b},
		{"numbers", "data.db", numbers},
		{"dump", "out/dump.csv", dump},
		{"last", "out/last.txt", a + b + dump},
	} {
		if slices.Contains(left, want.task) {
			continue
		}
		if got := k.read(want.product); got != want.text {
			k.t.Fatalf("%s counts as up to date, and %s holds %q instead of %q\nverdicts: %v", want.task, want.product, got, want.text, why)
		}
	}
	return left
}

// read returns what a product holds: the file, or the table in the database.
func (k *killing) read(name string) string {
	k.t.Helper()
	path := filepath.Join(k.dir, name)
	if filepath.Ext(name) != ".db" {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			k.t.Fatal(err)
		}
		return string(text)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		k.t.Fatal(err)
	}
	defer db.Close()
	list, err := rows(db, "SELECT x, n FROM numbers ORDER BY x")
	if err != nil {
		k.t.Fatal(err)
	}
	return strings.Join(list, "\n")
}
