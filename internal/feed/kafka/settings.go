package kafka

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
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
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/schedule"
)

// Settings are what the settings below "kafka" of a configuration say.
type Settings struct {
	Connection
	// Group names the consumer group, and the feeder in the store.
	Group string
	// Sources are the topics that are read, in order of their names.
	Sources []Source
	// Topics are all that are described, in order of their names.
	Topics []feed.Topic
}

// prefix is that of the settings.
const prefix = "kafka."

// general are the settings that are of no topic.
var general = []string{
	"kafka.brokers", "kafka.group",
	"kafka.tls", "kafka.tls.ca", "kafka.tls.certificate", "kafka.tls.key",
	"kafka.sasl.mechanism", "kafka.sasl.user", "kafka.sasl.password",
	"kafka.registry.url", "kafka.registry.user", "kafka.registry.password",
}

// ofTopics are the settings of a topic, "kafka.topics.TOPIC." in front; those of
// its keys are "keys.PARAM" besides.
var ofTopics = []string{"codec", "key-codec", "subject", "start", "id-header", "remember", "early", "early-most"}

// codecs are the ways in which messages are written.
var codecs = []string{"json", "text", "avro"}

// Named reports whether a configuration has settings of Kafka.
func Named(c *config.Config) bool {
	return slices.ContainsFunc(c.Keys(), func(key string) bool { return strings.HasPrefix(key, prefix) })
}

// Read returns what a configuration says of Kafka. The error has all that is
// wrong with it, each with where it is set, and is Invalid. Nothing is connected
// to; Log and Meter are for the caller to set.
func Read(c *config.Config) (Settings, error) {
	r := reader{Config: c, topics: make(map[string]*Source)}
	s := Settings{Group: r.text("kafka.group", "pawl")}
	s.Brokers = r.brokers()
	s.TLS = r.encryption()
	s.SASL, s.User, s.Password = r.choice("kafka.sasl.mechanism", "", Mechanisms...), r.text("kafka.sasl.user", ""), r.text("kafka.sasl.password", "")
	if s.SASL != "" && s.User == "" {
		r.wrong("kafka.sasl.mechanism", "needs kafka.sasl.user")
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
	return s, errors.Join(r.faults...)
}

// reader reads settings, and keeps what is wrong with them.
type reader struct {
	*config.Config
	registry *registry.Registry // nil without one
	topics   map[string]*Source
	faults   []error
}

// wrong notes what is wrong with a setting.
func (r *reader) wrong(key, format string, args ...any) { r.advise("", key, format, args...) }

// advise notes what is wrong with a setting, and what may help.
func (r *reader) advise(hint, key, format string, args ...any) {
	at, _ := r.Setting(key)
	e := model.Errorf(model.Invalid, "%s: %s "+format, append([]any{at.Origin, key}, args...)...)
	e.Hint = hint
	r.faults = append(r.faults, e)
}

func (r *reader) text(key, def string) string {
	v, ok := r.Get(key)
	if !ok {
		return def
	}
	return strings.TrimSpace(v)
}

// choice reads one of several words.
func (r *reader) choice(key, def string, words ...string) string {
	v := r.text(key, def)
	for _, w := range words {
		if strings.EqualFold(v, w) {
			return w
		}
	}
	if v != def {
		r.advise(document.DidYouMean(strings.ToLower(v), words), key, "must be one of %s, not %q", strings.Join(words, ", "), v)
	}
	return def
}

func (r *reader) brokers() (list []string) {
	for _, address := range strings.Split(r.text("kafka.brokers", ""), ",") {
		address = strings.TrimSpace(address)
		if address == "" {
			continue
		}
		if !strings.Contains(address, ":") {
			r.wrong("kafka.brokers", "must be addresses such as kafka-1:9092, joined by commas, not %q", address)
		}
		list = append(list, address)
	}
	if len(list) == 0 {
		r.faults = append(r.faults, model.Errorf(model.Invalid, "kafka.brokers is not set").WithHint("set it to addresses of brokers, such as kafka-1:9092"))
	}
	return list
}

// encryption reads how connections are encrypted.
func (r *reader) encryption() *tls.Config {
	ca, certificate, key := r.text("kafka.tls.ca", ""), r.text("kafka.tls.certificate", ""), r.text("kafka.tls.key", "")
	wanted, err := strconv.ParseBool(r.text("kafka.tls", "false"))
	if err != nil {
		r.wrong("kafka.tls", "must be true or false")
	}
	if !wanted {
		for _, file := range []string{"kafka.tls.ca", "kafka.tls.certificate", "kafka.tls.key"} {
			if r.text(file, "") != "" && err == nil {
				r.wrong(file, "has no effect unless kafka.tls is true")
			}
		}
		return nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		text, err := os.ReadFile(ca)
		if c.RootCAs = x509.NewCertPool(); err != nil || !c.RootCAs.AppendCertsFromPEM(text) {
			r.wrong("kafka.tls.ca", "must be a file with certificates (PEM): %v", cmp.Or(err, errors.New("there is none in it")))
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			r.wrong("kafka.tls.certificate", "and kafka.tls.key must be files that belong together (PEM): %v", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c
}

func (r *reader) schemas() *registry.Registry {
	url := r.text("kafka.registry.url", "")
	if url == "" {
		return nil
	}
	var urls []string
	for _, u := range strings.Split(url, ",") {
		urls = append(urls, strings.TrimSpace(u))
	}
	of, err := registry.Open(registry.Options{
		URLs: urls, User: r.text("kafka.registry.user", ""), Password: r.text("kafka.registry.password", ""), Clock: clock.System{},
	})
	if err != nil {
		r.wrong("kafka.registry.url", "is of no use: %v", err)
	}
	return of
}

// one reads a setting if it is a topic's, and notes it if nobody knows it.
func (r *reader) one(key string) {
	if slices.Contains(general, key) {
		return
	}
	topic, what, ok := splitTopic(strings.TrimPrefix(key, prefix+"topics."))
	if !ok || !strings.HasPrefix(key, prefix+"topics.") {
		r.advise(r.meant(key), key, "is no setting")
		return
	}
	t := r.topics[topic]
	if t == nil {
		t = &Source{Topic: feed.Topic{Name: topic}}
		r.topics[topic] = t
	}
	r.ofTopic(t, key, what)
}

// splitTopic splits the end of a key into a topic, which may have dots, and what
// is said of it.
func splitTopic(rest string) (topic, what string, ok bool) {
	if i := strings.LastIndex(rest, ".keys."); i > 0 {
		return rest[:i], rest[i+1:], true
	}
	i := strings.LastIndexByte(rest, '.')
	if i <= 0 || !slices.Contains(ofTopics, rest[i+1:]) {
		return "", "", false
	}
	return rest[:i], rest[i+1:], true
}

// meant returns a question about the setting that may have been meant.
func (r *reader) meant(key string) string {
	rest, ok := strings.CutPrefix(key, prefix+"topics.")
	if !ok {
		return document.DidYouMean(key, general)
	}
	last := rest[strings.LastIndexByte(rest, '.')+1:]
	if hint := document.DidYouMean(last, append([]string{"keys"}, ofTopics...)); hint != "" && last != rest {
		return hint
	}
	return "settings of a topic are " + strings.Join(ofTopics, ", ") + " and keys.PARAM"
}

func (r *reader) ofTopic(t *Source, key, what string) {
	switch what {
	case "codec":
		t.Body = r.codec(key, t.Name+"-value", true)
	case "key-codec":
		t.Key = r.codec(key, t.Name+"-key", false)
	case "subject":
		if r.text(prefix+"topics."+t.Name+".codec", "") != "avro" {
			r.wrong(key, "has no effect unless the codec is avro")
		}
	case "start":
		t.Latest = r.choice(key, "earliest", "earliest", "latest") == "latest"
	case "id-header":
		t.ID = r.text(key, "")
	case "remember":
		t.Remember = r.duration(key, time.Second)
	case "early":
		if t.Early = r.duration(key, 0); t.Early == 0 {
			t.Early = -1 // not at all
		}
	case "early-most":
		n, err := strconv.ParseUint(r.text(key, ""), 10, 31)
		if err != nil || n == 0 {
			r.wrong(key, "must be a whole number above 0")
		}
		t.MostEarly = int(n)
	default:
		r.key(t, key, strings.TrimPrefix(what, "keys."))
	}
}

// key reads where a key of messages is.
func (r *reader) key(t *Source, key, param string) {
	find, err := feed.Find(param, r.text(key, ""))
	if err != nil {
		r.advise(model.HintsOf(err), key, "is of no use: %v", err)
		return
	}
	if t.Keys != nil {
		find = feed.FindAll(t.Keys, find)
	}
	t.Keys = find
}

func (r *reader) codec(key, subject string, body bool) feed.Codec {
	switch r.choice(key, "json", codecs...) {
	case "text":
		return feed.Text{}
	case "avro":
		if r.registry == nil {
			r.wrong(key, "needs kafka.registry.url")
			return nil
		}
		if body {
			subject = r.text(strings.TrimSuffix(key, "codec")+"subject", subject)
		}
		return r.registry.Avro(subject)
	}
	return feed.JSON{}
}

// duration reads a time that is at least so long.
func (r *reader) duration(key string, least time.Duration) time.Duration {
	d, err := schedule.ParseDuration(r.text(key, ""))
	if err != nil || d < least {
		hint := ""
		if least > 0 {
			hint = fmt.Sprintf("it is at least %v", least)
		}
		r.advise(hint, key, "must be a time such as 7d, 12h or 30m, not %q", r.text(key, ""))
	}
	return d
}
