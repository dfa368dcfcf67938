package postgres

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/record"
	"github.com/pawlhq/pawl/internal/store/tables"
)

// fillFacts makes a product with 20,000 partitions, few facts of many others, many
// of one attempt, and as many versions.
const fillFacts = `
	INSERT INTO facts (project, workflow, session, attempt, seq, at, kind, name, part, held, task, try, body)
	SELECT 1, 'w', 'k', i, 1, i, 1, 'p', i::text, 0, '+w+a', 1, '\x%[1]x' FROM generate_series(1, 20000) i;
	INSERT INTO facts (project, workflow, session, attempt, seq, at, kind, name, part, held, task, try, body)
	SELECT i %% 30 + 1, 'w', 'k', i, 2, i, i %% 2 + 1, 'x' || i %% 50, '', 0, '+w+b', 1, '\x%[1]x' FROM generate_series(1, 20000) i;
	INSERT INTO facts (project, workflow, session, attempt, seq, at, kind, name, part, held, task, try, body)
	SELECT 31, 'w', 'k', 30000, i, 30000 + i, 2, 'y', '', 0, '+w+b', 1, '\x%[1]x' FROM generate_series(1, 20000) i;
	INSERT INTO versions (project, version, attempt, task, name, workflow, made, used, gave)
	SELECT i %% 30 + 1, 'v' || i, i, 1, '+w+a', 'w', i, i, '' FROM generate_series(1, 20000) i;
	ANALYZE facts;
	ANALYZE versions;`

// What tasks have told, and made of a version, is found by an index, a page at a time.
func TestFactsAndVersionsUseIndexes(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	s := openAndClose(t, cfg)
	script(t, cfg, fmt.Sprintf(fillFacts, record.Map(params.Map{})))
	told := func(f store.FactFilter) func(*tables.Tables) error {
		return func(t *tables.Tables) error { _, _, err := t.ListFacts(ctx, f, store.Page{}); return err }
	}
	of := store.FactFilter{Projects: []model.ProjectID{1}, Kind: store.OfProduct, Name: "p"}
	part := of
	part.Partition = "7"
	for name, test := range map[string]struct {
		ask  func(*tables.Tables) error
		uses string
	}{
		"facts of a product":   {told(of), "facts_name"},
		"facts of a partition": {told(part), "facts_part"},
		"facts of an attempt":  {told(store.FactFilter{Attempt: 30000}), "Presorted Key: at"},
		"all facts":            {told(store.FactFilter{}), "facts_at"},
		"broken expectations":  {told(store.FactFilter{Broken: true}), "facts_at"},
		"products": {func(t *tables.Tables) error {
			_, _, err := t.ListProducts(ctx, store.ProductFilter{Project: 1}, store.Page{})
			return err
		}, "facts_name"},
		"partitions": {func(t *tables.Tables) error {
			_, _, err := t.ListPartitions(ctx, store.ProductFilter{Project: 1, Key: "p"}, store.Page{})
			return err
		}, "facts_part"},
		"versions": {func(t *tables.Tables) error { _, err := t.Addresses(ctx, 1, []string{"none", "neither"}); return err }, "versions_pkey"},
	} {
		t.Run(name, func(t *testing.T) {
			var plans []string
			if err := test.ask(tables.New(explainer{database{s}, &plans}, dialect)); err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(plans, "\n"); !strings.Contains(all, test.uses) || strings.Contains(all, "Seq Scan") {
				t.Errorf("it does not use %s:\n%s", test.uses, all)
			}
		})
	}
}

// The last facts of many partitions stay, and each is found to be the last by itself.
func TestTheLastFactsOfManyPartitionsStay(t *testing.T) {
	t.Parallel()
	cfg := tempConfig(t)
	s := openAndClose(t, cfg)
	script(t, cfg, fmt.Sprintf(fillFacts, record.Map(params.Map{})))
	var plans []string
	tb := tables.New(explainer{database{s}, &plans}, dialect)
	p, _, err := tb.Prune(ctx, store.Retention{Facts: time.Hour}, now, store.Page{Limit: 100})
	if err != nil || p.Facts != 25 { // the expectations among the first 100
		t.Fatalf("pruned %+v, %v", p, err)
	}
	all := strings.Join(plans, "\n")
	for _, index := range []string{"facts_part", "facts_at", "facts_pkey"} {
		if !strings.Contains(all, index) {
			t.Errorf("%s is not used:\n%s", index, all)
		}
	}
	if strings.Contains(all, "Seq Scan on facts") || strings.Contains(all, "Sort") {
		t.Errorf("all facts are read:\n%s", all)
	}
}

// Exec implements tables.Conn.
func (e explained) Exec(text string, args ...driver.Value) (int64, error) {
	if strings.Contains(text, "DELETE FROM facts") {
		plan, err := e.plan("EXPLAIN "+numbered(text), anys(args)...)
		if err != nil {
			return 0, err
		}
		*e.plans = append(*e.plans, plan)
	}
	return e.conn.Exec(text, args...)
}
