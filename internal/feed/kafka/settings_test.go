package kafka_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

func configured(pairs ...string) *config.Config {
	c := &config.Config{}
	for i := 0; i < len(pairs); i += 2 {
		c.Set(pairs[i], pairs[i+1], "file:"+string(rune('1'+i/2)))
	}
	return c
}

func TestSettingsSayWhatIsReadAndSent(t *testing.T) {
	t.Parallel()
	s, err := kafka.Read(configured(
		"kafka.brokers", "a:1, b:2", "kafka.group", "shop", "kafka.session", "6s", "kafka.tls", "true",
		"kafka.sasl.mechanism", "SCRAM-SHA-256", "kafka.sasl.user", "u", "kafka.sasl.password", "p",
		"kafka.topics.orders.v1.keys.order_id", "body.id", "kafka.topics.orders.v1.keys.customer.id", "header.c",
		"kafka.topics.orders.v1.start", "latest", "kafka.topics.orders.v1.id-header", "mid", "kafka.topics.orders.v1.remember", "1d",
		"kafka.topics.orders.v1.early", "2h", "kafka.topics.orders.v1.early-most", "5", "kafka.topics.orders.v1.key-codec", "json",
		"kafka.topics.commands.codec", "text", "kafka.topics.now.early", "0s", "kafka.topics.now.keys.x", "key",
	))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a:1", "b:2"}, s.Brokers); diff != "" || s.Group != "shop" || s.Session != 6*time.Second || s.TLS == nil || s.SASL != "scram-sha-256" || s.User != "u" || s.Password != "p" {
		t.Errorf("got %+v", s)
	}
	if len(s.Topics) != 3 || len(s.Sources) != 2 || s.Topics[0].Name != "commands" || s.Topics[0].Body != (feed.Text{}) {
		t.Fatalf("got %+v", s.Topics)
	}
	if s.Sources[0].Name != "now" || s.Sources[0].Early >= 0 {
		t.Errorf("got %+v", s.Sources[0])
	}
	o := s.Sources[1]
	keys, err := o.Keys(feed.Parts{Body: parseJSON(t, `{"id":1}`), Headers: []feed.Header{{Name: "c", Value: "9"}}})
	want := []store.MessageKey{{Param: "order_id", Value: "1"}, {Param: "customer.id", Value: `"9"`}}
	if diff := cmp.Diff(want, keys); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if o.Name != "orders.v1" || !o.Latest || len(o.ID(feed.Parts{Headers: []feed.Header{{Name: "mid", Value: "m"}}})) != 1 || o.Remember != 24*time.Hour || o.Early != 2*time.Hour || o.MostEarly != 5 || o.Key != (feed.JSON{}) {
		t.Errorf("got %+v", o)
	}
}

func TestWrongSettingsAreToldWithTheirPlaceAndWhatWasMeant(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ key, value, want, hint string }{
		{"kafka.broker", "a:1", "file:2: kafka.broker is no setting", `did you mean "kafka.brokers"?`},
		{"kafka.brokers", "a", "must be addresses such as kafka-1:9092", ""},
		{"kafka.session", "0s", "kafka.session must be a time such as", "at least 1s"},
		{"kafka.tls", "maybe", "kafka.tls must be true or false", ""},
		{"kafka.tls.ca", "/nowhere", "has no effect unless kafka.tls is true", ""},
		{"kafka.sasl.mechanism", "scram-sha-265", "must be one of plain, scram-sha-256, scram-sha-512", `did you mean "scram-sha-256"?`},
		{"kafka.sasl.mechanism", "plain", "needs kafka.sasl.user", ""},
		{"kafka.topics.orders.codec", "jsno", `file:2: kafka.topics.orders.codec must be one of json, text, avro, protobuf, not "jsno"`, `did you mean "json"?`},
		{"kafka.topics.orders.codec", "avro", "needs kafka.registry.url", ""},
		{"kafka.topics.orders.codec", "protobuf", "needs kafka.registry.url", ""},
		{"kafka.topics.orders.subject", "x", "has no effect unless the codec is avro or protobuf", ""},
		{"kafka.topics.orders.message", "x", "has no effect unless the codec is protobuf", ""},
		{"kafka.topics.orders.cdec", "json", "is no setting", `did you mean "codec"?`},
		{"kafka.topics.orders", "json", "is no setting", "settings of a topic are"},
		{"kafka.topics.orders.start", "erliest", "must be one of earliest, latest", `did you mean "earliest"?`},
		{"kafka.topics.orders.remember", "0s", "must be a time such as", "at least"},
		{"kafka.topics.orders.early", "soon", "must be a time such as", ""},
		{"kafka.topics.orders.early-most", "0", "must be a whole number above 0", ""},
		{"kafka.topics.orders.keys.id", "bdy.id", "kafka.topics.orders.keys.id is of no use", `did you mean "body"?`},
	} {
		_, err := kafka.Read(configured("kafka.brokers", "a:1", tt.key, tt.value))
		if model.CodeOf(err) != model.Invalid || err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(model.HintsOf(err), tt.hint) {
			t.Errorf("%s = %s: %v, hint %q", tt.key, tt.value, err, model.HintsOf(err))
		}
	}
	_, err := kafka.Read(configured("kafka.tls", "x", "kafka.topics.o.start", "y"))
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !strings.Contains(err.Error(), "kafka.brokers is not set") {
		t.Errorf("not all faults are told: %v", err)
	}
}

func TestNoSettingsOfKafkaMeanNoKafka(t *testing.T) {
	t.Parallel()
	if kafka.Named(configured("server.port", "1")) || !kafka.Named(configured("kafka.brokers", "a:1")) {
		t.Error("settings of Kafka are not told from others")
	}
}

func TestTopicsOfARegistryHaveSubjectsAndMessages(t *testing.T) {
	t.Parallel()
	s, err := kafka.Read(configured(
		"kafka.brokers", "a:1", "kafka.registry.url", "http://registry", "kafka.topics.orders.codec", "Protobuf", "kafka.topics.orders.message", "Order",
		"kafka.topics.orders.subject", "all-orders", "kafka.topics.orders.key-codec", "avro",
	))
	if err != nil || len(s.Topics) != 1 || s.Topics[0].Body == nil || s.Topics[0].Key == nil {
		t.Errorf("got %+v, %v", s.Topics, err)
	}
}
