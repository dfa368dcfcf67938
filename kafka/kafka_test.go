package kafka_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"

	"github.com/pawlhq/pawl"
	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/feed/kafka/registry"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/kafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type question struct {
	ID     string `json:"id"`
	Answer string `json:"answer"`
}

var ask = pawl.Must(pawl.Define("ask", "1",
	pawl.Command("ask", "questions", func(_ context.Context, q *question) ([]pawl.Record, error) {
		return []pawl.Record{{Key: q.ID, Value: "why?"}}, nil
	}),
	pawl.Listen("hear", pawl.Topic("answers").By("id"), func(_ context.Context, q *question, a struct{ Text string }) (bool, error) {
		q.Answer = a.Text
		return true, nil
	}),
))

func open(t *testing.T) *pawl.Engine {
	t.Helper()
	e, err := pawl.Open(t.Context(), pawl.Config{Project: "p", Log: slog.New(slog.DiscardHandler)}, ask)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// talk has a run ask by Kafka, connected as cfg says, and be answered by the record that
// reply makes of the question, whose value is to be asked.
func talk(t *testing.T, cfg kafka.Config, asked string, reply func(context.Context, *kgo.Record) (*kgo.Record, error)) {
	t.Helper()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "questions", "answers"))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	e := open(t)
	cfg.Brokers, cfg.Group, cfg.Log = broker.ListenAddrs(), "g", slog.New(slog.DiscardHandler)
	c, err := kafka.Connect(e, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	run, err := ask.Start(t.Context(), e, "q-1", question{ID: "q-1"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...), kgo.ConsumeTopics("questions"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	got := other.PollRecords(ctx, 1).Records()
	if len(got) != 1 || string(got[0].Key) != "q-1" || string(got[0].Value) != asked {
		t.Fatalf("read %+v", got)
	}
	answer, err := reply(ctx, got[0])
	if err != nil {
		t.Fatal(err)
	}
	answer.Topic = "answers"
	if err := other.ProduceSync(ctx, answer).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if q, err := run.Params(ctx); err != nil || q.Answer != "because" {
		t.Errorf("got %+v, %v", q, err)
	}
}

// Whoever reads what is sent can answer it, also with the number of a schema before it.
func TestMessagesGoToKafkaAndComeFromThere(t *testing.T) {
	t.Parallel()
	for name, codec := range map[string]kafka.Codec{"by default": {}, "JSON": kafka.JSON()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := kafka.Config{Topics: map[pawl.Topic]kafka.Topic{"answers": {Codec: codec, Keys: map[string]string{"id": "body.question"}}}}
			talk(t, cfg, `"why?"`, func(_ context.Context, q *kgo.Record) (*kgo.Record, error) {
				text, err := json.Marshal(map[string]string{"question": string(q.Key), "text": "because"})
				return &kgo.Record{Value: append([]byte{0, 0, 0, 0, 7}, text...)}, err
			})
		})
	}
}

func TestConnectRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	e := open(t)
	keys := map[string]string{"id": "key"}
	for want, cfg := range map[string]kafka.Config{
		"no broker of Kafka is named":       {Group: "g"},
		"the group has no name":             {Brokers: []string{"b:1"}},
		"topic t: it has no keys":           {Brokers: []string{"b:1"}, Group: "g", Topics: map[pawl.Topic]kafka.Topic{"t": {}}},
		`topic t: "bdy.x" is not in a`:      {Brokers: []string{"b:1"}, Group: "g", Topics: map[pawl.Topic]kafka.Topic{"t": {Keys: map[string]string{"id": "bdy.x"}}}},
		"topic t: its Codec is Avro, which": {Brokers: []string{"b:1"}, Group: "g", Topics: map[pawl.Topic]kafka.Topic{"t": {Keys: keys, Codec: kafka.Avro("")}}},
		"topic t: its Key is Avro, which":   {Brokers: []string{"b:1"}, Group: "g", Topics: map[pawl.Topic]kafka.Topic{"t": {Keys: keys, Key: kafka.Avro("x")}}},
		"topic t: its Key is Protobuf, w":   {Brokers: []string{"b:1"}, Group: "g", Topics: map[pawl.Topic]kafka.Topic{"t": {Keys: keys, Key: kafka.Protobuf("x", "")}}},
		`there is no mechanism "kerberos"`:  {Brokers: []string{"b:1"}, Group: "g", SASL: "kerberos", Topics: map[pawl.Topic]kafka.Topic{"t": {Keys: keys}}},
	} {
		if _, err := kafka.Connect(e, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Topics may be written otherwise than in JSON, each in its own way.
func TestTopicsHaveCodecs(t *testing.T) {
	t.Parallel()
	schemas := srfake.New()
	defer schemas.Close()
	answer := `{"type": "record", "name": "Answer", "fields": [{"name": "text", "type": "string"}]}`
	for subject, schema := range map[string]string{"why": answer, "answers-key": `"string"`} {
		if _, _, err := schemas.RegisterSchema(subject, sr.Schema{Schema: schema}); err != nil {
			t.Fatal(err)
		}
	}
	writer, err := registry.Open(registry.Options{URLs: []string{schemas.URL()}, Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := kafka.Config{Registry: kafka.Registry{URLs: []string{schemas.URL()}}, Topics: map[pawl.Topic]kafka.Topic{
		"questions": {Codec: kafka.Text()},
		"answers":   {Codec: kafka.Avro("why"), Key: kafka.Avro(""), Keys: map[string]string{"id": "key"}},
	}}
	talk(t, cfg, "why?", func(ctx context.Context, _ *kgo.Record) (*kgo.Record, error) {
		value, err := writer.Avro("why").Encode(ctx, "", params.Of("text", "because"))
		if err != nil {
			return nil, err
		}
		key, err := writer.Avro("answers-key").Encode(ctx, "", "q-1")
		return &kgo.Record{Key: key, Value: value}, err
	})
}
