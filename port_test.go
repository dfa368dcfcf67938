package pawl_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/kafka"
)

// What follows is what the guide "Port from py-dagger" shows.

type claim struct {
	ID         string    `json:"claim_id"`
	Level      string    `json:"level"`
	Votes      int       `json:"votes"`
	RemindAt   time.Time `json:"remind_at,omitzero"`
	CompleteBy time.Time `json:"complete_by,omitzero"`
	GiveUpAt   time.Time `json:"give_up_at,omitzero"`
	PollEvery  int       `json:"poll_every,omitempty"`
}

type vote struct {
	Count int `json:"count"`
}

func assess(context.Context, *claim) error          { return nil }
func remind(context.Context, *claim) error          { return nil }
func alarm(context.Context, *claim) error           { return nil }
func look(context.Context, *claim) (bool, error)    { return true, nil }
func level(context.Context, *claim) (string, error) { return "high", nil }
func document(context.Context, *claim) error        { return nil }

// ported has each kind of task of the peer.
func ported() []pawl.Step[claim] {
	executor := pawl.Execute("assess", func(ctx context.Context, c *claim) error {
		c.Level = "high"
		return nil
	}).RetryDoubling(5, time.Second, time.Minute)

	command := pawl.Command("ask", "questions", func(ctx context.Context, c *claim) ([]pawl.Record, error) {
		return []pawl.Record{{Key: c.ID, Value: map[string]string{"claim": c.ID}}}, nil
	})

	listener := pawl.Listen("votes", pawl.Topic("votes").By("claim_id"), func(ctx context.Context, c *claim, v vote) (bool, error) {
		c.Votes += v.Count
		return c.Votes >= 3, nil // false: it listens on
	})

	skipTo := pawl.Listen("cancelled", pawl.Topic("cancels").By("claim_id").Early(pawl.Jump), func(ctx context.Context, c *claim, _ struct{}) (bool, error) {
		return true, nil
	})

	reprocess := pawl.Listen("address", pawl.Topic("addresses").By("claim_id").Late(pawl.Handle), func(ctx context.Context, c *claim, v vote) (bool, error) {
		return true, nil
	})

	matchOne := pawl.Listen("worker", pawl.Topic("free workers").By("level").One(), func(ctx context.Context, c *claim, _ struct{}) (bool, error) {
		return true, nil
	})

	decision := pawl.Decide("which way", func(ctx context.Context, c *claim) (string, error) {
		return c.Level, nil // the name of a step, or "" for none
	},
		pawl.Execute("high", assess),
		pawl.Sequence("low", pawl.Execute("note", document)),
	)
	several := pawl.Decide("who is told", func(ctx context.Context, c *claim) ([]string, error) {
		return []string{"owner", "broker"}, nil // side by side
	},
		pawl.Execute("owner", document), pawl.Execute("broker", document), pawl.Execute("police", document),
	)

	trigger := pawl.Timer("remind", pawl.At("remind_at"), remind)

	interval := pawl.Every("look", pawl.Interval{
		From: pawl.At("remind_at"), PeriodParam: "poll_every", Until: pawl.At("give_up_at"),
	}, look)
	execute := pawl.Execute("looked", assess) // what execute() did once it is over

	monitored := pawl.Sequence("review", pawl.Execute("read", document)).
		Deadline(pawl.At("complete_by"), pawl.Continue).
		OnDeadline(pawl.Execute("alarm", alarm))

	maxRunDuration := pawl.Sequence("approval", pawl.Execute("sign", document)).
		Deadline(pawl.In(time.Hour), pawl.Skip)

	branch := pawl.Listen("answer", pawl.Topic("answers").By("claim_id"), func(ctx context.Context, c *claim, _ struct{}) (bool, error) {
		return true, nil
	}).Deadline(pawl.In(72*time.Hour), pawl.Skip).OnDeadline(pawl.Execute("call", document))

	joinAll := pawl.Parallel("both", pawl.All, pawl.Execute("a", document), pawl.Execute("b", document))
	atLeastOne := pawl.Parallel("either", pawl.Any, pawl.Execute("a", document), pawl.Execute("b", document))

	dynamic := pawl.Dynamic("documents", pawl.Execute("photo", document), pawl.Execute("receipt", document))
	manyAtOnce := pawl.DynamicParallel("experts", pawl.All, pawl.Sequence("expert", pawl.Execute("inspect", document)))

	stopHook := pawl.Execute("print", document).OnStop(pawl.Execute("recall", document))

	label := pawl.Execute("nice to have", document).Optional()

	return []pawl.Step[claim]{
		executor, command, listener, skipTo, reprocess, matchOne, decision, several, trigger, interval, execute,
		monitored, maxRunDuration, branch, joinAll, atLeastOne, dynamic, manyAtOnce, stopHook, label,
	}
}

func claimService(ctx context.Context) error {
	process, err := pawl.Define("claims", "1", ported()...)
	if err != nil {
		return err
	}

	eng, err := pawl.Open(ctx, pawl.Config{Project: "claims", Database: "postgres://claims@db/claims"}, process)
	if err != nil {
		return err
	}
	defer eng.Close()
	broker, err := kafka.Connect(eng, kafka.Config{
		Brokers: []string{"kafka-1:9092"}, Group: "claims",
		Topics: map[pawl.Topic]kafka.Topic{
			"votes":     {Keys: map[string]string{"claim_id": "body.claim"}},
			"questions": {Codec: kafka.Avro("")}, // whose schema is in the registry; JSON otherwise
		},
		Registry: kafka.Registry{URLs: []string{"http://registry:8081"}},
	})
	if err != nil {
		return err
	}
	defer broker.Close()

	run, err := process.Start(ctx, eng, "claim-17", claim{ID: "claim-17"},
		pawl.Reject, pawl.With("documents", "photo", "photo", "receipt"), pawl.With("experts", slices.Repeat([]string{"expert"}, 3)...))
	if errors.Is(err, pawl.ErrExists) {
		run = process.Run(eng, "claim-17")
	} else if err != nil {
		return err
	}

	c, err := run.Params(ctx)
	if err != nil {
		return err
	}
	steps, err := run.Steps(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, c.Level, steps[0].Path, steps[0].State)
	return errors.Join(
		run.Edit(ctx, func(c *claim) { c.Level = "low" }),
		run.SkipTo(ctx, "review/read"),
		run.Stop(ctx),
		run.Retry(ctx),
	)
}

func lookAround(ctx context.Context, eng *pawl.Engine, process *pawl.Process[claim]) error {
	for run, err := range process.Find(ctx, eng, pawl.Filter{In: pawl.Failed}) {
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, run.Key(), run.Wait(ctx)) // which says why
	}
	for letter, err := range eng.Letters(ctx, "votes") {
		if err != nil {
			return err
		}
		if _, err := eng.Resend(ctx, letter.ID); err != nil {
			return err
		}
	}
	return nil
}

var _ = lookAround

var _ = claimService

func TestWhatIsPortedIsDefined(t *testing.T) {
	t.Parallel()
	if _, err := pawl.Define("claims", "1", ported()...); err != nil {
		t.Error(err)
	}
	_ = level
}

var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

// The Go of the guides stands in code that is compiled, line by line.
func TestGuidesShowCodeThatCompiles(t *testing.T) {
	t.Parallel()
	compiled := map[string]string{
		"docs/how-to/port-from-py-dagger.md":      "*.go",
		"docs/tutorials/a-first-process-in-go.md": "examples/expenses/*.go",
	}
	for page, pattern := range compiled {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var code string
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			code += flat(string(text))
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := goBlock.FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows no Go", page)
		}
		for _, b := range blocks {
			if !strings.Contains(code, flat(b[1])) {
				t.Errorf("%s shows what is not compiled:\n%s", page, b[1])
			}
		}
	}
}

// flat returns lines without what indents them.
func flat(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
