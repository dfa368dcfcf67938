package kafka

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/clock"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/kafka/registry"
	"github.com/pawlhq/pawl/internal/feed/settings"
)

// Settings are what the settings below "kafka" of a configuration say.
type Settings struct {
	Connection
	// Group names the consumer group, and the feeder in the store.
	Group string
	// Session is as in FeederOptions.
	Session time.Duration
	// Sources are the topics that are read, in order of their names.
	Sources []Source
	// Topics are all that are described, in order of their names.
	Topics []feed.Topic
}

// prefix is that of the settings.
const prefix = "kafka."

// general are the settings that are of no topic.
var general = []string{
	"kafka.brokers", "kafka.group", "kafka.session",
	"kafka.tls", "kafka.tls.ca", "kafka.tls.certificate", "kafka.tls.key",
	"kafka.sasl.mechanism", "kafka.sasl.user", "kafka.sasl.password",
	"kafka.registry.url", "kafka.registry.user", "kafka.registry.password",
}

// ofTopics is how the settings of topics begin, and topicWords are how they end.
const ofTopics = prefix + "topics."

var topicWords = append([]string{"codec", "key-codec", "subject", "message", "start", "id-header", "keys."}, settings.OfMessages...)

// codecs are the ways in which messages are written.
var codecs = []string{"json", "text", "avro", "protobuf"}

// Named reports whether a configuration has settings of Kafka.
func Named(c *config.Config) bool { return settings.Below(c, prefix) }

// Read returns what a configuration says of Kafka. The error has all that is
// wrong with it, each with where it is set, and is Invalid. Nothing is connected
// to; Log and Meter are for the caller to set.
func Read(c *config.Config) (Settings, error) {
	r := reader{Reader: settings.Reader{Config: c}, topics: make(map[string]*Source)}
	s := Settings{Group: r.Text("kafka.group", "pawl")}
	s.Brokers = r.brokers()
	if _, ok := c.Get("kafka.session"); ok {
		s.Session = r.Duration("kafka.session", time.Second)
	}
	s.TLS = r.encryption()
	s.SASL, s.User, s.Password = r.Choice("kafka.sasl.mechanism", "", Mechanisms...), r.Text("kafka.sasl.user", ""), r.Text("kafka.sasl.password", "")
	if s.SASL != "" && s.User == "" {
		r.Wrong("kafka.sasl.mechanism", "needs kafka.sasl.user")
	}
	r.registry = r.schemas()
	for _, key := range c.Keys() {
		if strings.HasPrefix(key, prefix) {
			r.one(key)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.topics)) {
		t := r.topics[name]
		s.Topics = append(s.Topics, t.Topic)
		if t.Keys != nil {
			s.Sources = append(s.Sources, *t)
		}
	}
	return s, r.Err()
}

// reader reads settings, and keeps what is wrong with them.
type reader struct {
	settings.Reader
	registry *registry.Registry // nil without one
	topics   map[string]*Source
}

func (r *reader) brokers() []string {
	list := r.List("kafka.brokers")
	for _, address := range list {
		if !strings.Contains(address, ":") {
			r.Wrong("kafka.brokers", "must be addresses such as kafka-1:9092, joined by commas, not %q", address)
		}
	}
	if len(list) == 0 {
		r.Lacks("kafka.brokers", "set it to addresses of brokers, such as kafka-1:9092")
	}
	return list
}

// encryption reads how connections are encrypted.
func (r *reader) encryption() *tls.Config {
	ca, certificate, key := r.Text("kafka.tls.ca", ""), r.Text("kafka.tls.certificate", ""), r.Text("kafka.tls.key", "")
	wanted, err := strconv.ParseBool(r.Text("kafka.tls", "false"))
	if err != nil {
		r.Wrong("kafka.tls", "must be true or false")
	}
	if !wanted {
		for _, file := range []string{"kafka.tls.ca", "kafka.tls.certificate", "kafka.tls.key"} {
			if r.Text(file, "") != "" && err == nil {
				r.Wrong(file, "has no effect unless kafka.tls is true")
			}
		}
		return nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		text, err := os.ReadFile(ca)
		if c.RootCAs = x509.NewCertPool(); err != nil || !c.RootCAs.AppendCertsFromPEM(text) {
			r.Wrong("kafka.tls.ca", "must be a file with certificates (PEM): %v", cmp.Or(err, errors.New("there is none in it")))
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			r.Wrong("kafka.tls.certificate", "and kafka.tls.key must be files that belong together (PEM): %v", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c
}

func (r *reader) schemas() *registry.Registry {
	urls := r.List("kafka.registry.url")
	if len(urls) == 0 {
		return nil
	}
	of, err := registry.Open(registry.Options{
		URLs: urls, User: r.Text("kafka.registry.user", ""), Password: r.Text("kafka.registry.password", ""), Clock: clock.System{},
	})
	if err != nil {
		r.Refuse("kafka.registry.url", err)
	}
	return of
}

// one reads a setting if it is a topic's, and notes it if nobody knows it.
func (r *reader) one(key string) {
	if slices.Contains(general, key) {
		return
	}
	rest, ok := strings.CutPrefix(key, ofTopics)
	topic, what, known := settings.Split(rest, topicWords...)
	if !ok || !known {
		hint := document.DidYouMean(key, general)
		if ok {
			hint = settings.Meant("topic", rest, topicWords...)
		}
		r.Advise(hint, key, "is no setting")
		return
	}
	t := r.topics[topic]
	if t == nil {
		t = &Source{Topic: feed.Topic{Name: topic}}
		r.topics[topic] = t
	}
	r.ofTopic(t, key, what)
}

func (r *reader) ofTopic(t *Source, key, what string) {
	switch what {
	case "codec":
		t.Body = r.codec(key, t.Name+"-value", true)
	case "key-codec":
		t.Key = r.codec(key, t.Name+"-key", false)
	case "subject":
		r.only(t, key, "avro", "protobuf")
	case "message":
		r.only(t, key, "protobuf")
	case "start":
		t.Latest = r.Choice(key, "earliest", "earliest", "latest") == "latest"
	case "id-header":
		t.ID = feed.AtHeader(r.Text(key, ""))
	default:
		r.Message(&t.Topic, key, what)
	}
}

// only notes a setting that has no effect with the codec of a topic.
func (r *reader) only(t *Source, key string, with ...string) {
	if !slices.Contains(with, strings.ToLower(r.Text(ofTopics+t.Name+".codec", ""))) {
		r.Wrong(key, "has no effect unless the codec is %s", strings.Join(with, " or "))
	}
}

func (r *reader) codec(key, subject string, body bool) feed.Codec {
	codec := r.Choice(key, "json", codecs...)
	message := ""
	if above, ok := strings.CutSuffix(key, "codec"); ok && body {
		subject, message = r.Text(above+"subject", subject), r.Text(above+"message", "")
	}
	switch {
	case codec == "text":
		return feed.Text{}
	case codec == "json":
		return feed.JSON{}
	case r.registry == nil:
		r.Wrong(key, "needs kafka.registry.url")
		return nil
	case codec == "protobuf":
		return r.registry.Proto(subject, message)
	}
	return r.registry.Avro(subject)
}
