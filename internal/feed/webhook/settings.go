package webhook

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/feed"
	"github.com/pawlhq/pawl/internal/feed/settings"
	"github.com/pawlhq/pawl/internal/model"
)

// Out is what the settings below "webhooks" of a configuration say.
type Out struct {
	// Instance names the installation in the names of records.
	Instance string
	// Targets are those of topics, and Topics say how their records are written.
	Targets map[string]Target
	Topics  []feed.Topic
}

const (
	outPrefix  = "webhooks."
	instance   = "instance"
	hookPrefix = "hooks."
)

var (
	outWords  = []string{"url", "secret", "timeout", "parallel", "codec", "headers."}
	hookWords = append([]string{"topic", "codec", "id", "signature", "secret", "header", "encoding", "prefix", "tolerance", "keys."}, settings.OfMessages...)
)

// codecs are the ways in which messages are written.
var codecs = []string{"json", "text"}

// Instance is what names the installation in the names of what it sends by requests.
func Instance(c *config.Config) string {
	return (&settings.Reader{Config: c}).Text(outPrefix+instance, "pawl")
}

// ReadOut returns what a configuration says of where records are sent. The error
// has all that is wrong with it, each with where it is set, and is Invalid.
func ReadOut(c *config.Config) (Out, error) {
	r := settings.Reader{Config: c}
	targets, topics := make(map[string]*Target), make(map[string]*feed.Topic)
	below(&r, outPrefix, "topic", []string{instance}, outWords, func(topic, key, what string) {
		if targets[topic] == nil {
			targets[topic], topics[topic] = &Target{}, &feed.Topic{Name: topic}
		}
		readTarget(&r, targets[topic], topics[topic], key, what)
	})
	o := Out{Instance: Instance(c), Targets: make(map[string]Target)}
	for _, topic := range slices.Sorted(maps.Keys(targets)) {
		if t := targets[topic]; t.URL == "" {
			r.Lacks(outPrefix+topic+".url", "it is where the records of the topic are sent to, such as https://example.com/hook")
		}
		o.Targets[topic] = *targets[topic]
		o.Topics = append(o.Topics, *topics[topic])
	}
	return o, r.Err()
}

// below calls read with each setting below a prefix, by the name that it is of, and
// notes those that are no settings.
func below(r *settings.Reader, prefix, of string, general, words []string, read func(name, key, what string)) {
	for _, key := range r.Keys() {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || slices.Contains(general, rest) {
			continue
		}
		if name, what, ok := settings.Split(rest, words...); ok {
			read(name, key, what)
			continue
		}
		hint := document.DidYouMean(rest, general)
		if hint == "" {
			hint = settings.Meant(of, rest, words...)
		}
		r.Advise(hint, key, "is no setting")
	}
}

// readTarget reads a setting of where the records of a topic are sent.
func readTarget(r *settings.Reader, t *Target, topic *feed.Topic, key, what string) {
	switch what {
	case "url":
		t.URL = r.Text(key, "")
		if err := CheckURL(t.URL); err != nil {
			r.Refuse(key, err)
		}
	case "secret":
		t.Secrets = r.List(key)
		if _, err := parseSecrets(t.Secrets); err != nil {
			r.Refuse(key, err)
		}
	case "timeout":
		t.Timeout = r.Duration(key, time.Second)
	case "parallel":
		t.Parallel = r.Count(key)
	case "codec":
		if r.Choice(key, "json", codecs...) == "text" {
			topic.Body, t.ContentType = feed.Text{}, "text/plain; charset=utf-8"
		}
	default:
		name, value := strings.TrimPrefix(what, "headers."), r.Text(key, "")
		if err := checkHeader(name, value); err != nil {
			r.Refuse(key, err)
		}
		if t.Headers == nil {
			t.Headers = make(map[string]string)
		}
		t.Headers[name] = value
	}
}

// ReadHooks returns what a configuration says of the hooks that messages are sent
// to, by name. The error has all that is wrong with it, each with where it is set,
// and is Invalid.
func ReadHooks(c *config.Config) (map[string]HookOptions, error) {
	r := settings.Reader{Config: c}
	read := make(map[string]*HookOptions)
	below(&r, hookPrefix, "hook", nil, hookWords, func(name, key, what string) {
		if read[name] == nil {
			read[name] = &HookOptions{Topic: feed.Topic{Name: name}}
			if err := checkName(name); err != nil {
				r.Refuse(key, err)
			}
		}
		readHook(&r, read[name], key, what)
	})
	hooks := make(map[string]HookOptions)
	for _, name := range slices.Sorted(maps.Keys(read)) {
		finish(&r, name, read[name])
		hooks[name] = *read[name]
	}
	return hooks, r.Err()
}

// checkName returns an error for a name that can't be a part of a path.
func checkName(name string) error {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != "" || strings.Trim(name, ".") == "" {
		return model.Errorf(model.Invalid, "the name of a hook has letters, digits, dots, - and _, unlike %q", name)
	}
	return nil
}

// readHook reads a setting of a hook.
func readHook(r *settings.Reader, o *HookOptions, key, what string) {
	switch what {
	case "topic":
		o.Topic.Name = r.Text(key, "")
		if err := model.CheckTopic(o.Topic.Name); err != nil {
			r.Refuse(key, err)
		}
	case "codec":
		if r.Choice(key, "json", codecs...) == "text" {
			o.Topic.Body = feed.Text{}
		}
	case "id":
		find, err := feed.Locate(r.Text(key, ""))
		if err != nil {
			r.Refuse(key, err)
		}
		o.Topic.ID = find
	case "signature":
		o.Proof.Scheme = r.Choice(key, "", Schemes...)
	case "secret":
		o.Proof.Secrets = r.List(key)
	case "header":
		o.Proof.Header = r.Text(key, "")
	case "encoding":
		o.Proof.Encoding = r.Choice(key, Encodings[0], Encodings...)
	case "prefix":
		o.Proof.Prefix = r.Text(key, "")
	case "tolerance":
		o.Proof.Tolerance = r.Duration(key, time.Second)
	default:
		r.Message(&o.Topic, key, what)
	}
}

// meaningful are the schemes with which a setting has an effect.
var meaningful = map[string][]string{"header": {HMAC, Token}, "encoding": {HMAC}, "prefix": {HMAC}, "tolerance": {Standard}}

// finish looks at the settings of a hook together.
func finish(r *settings.Reader, name string, o *HookOptions) {
	above := hookPrefix + name + "."
	for _, what := range hookWords {
		if schemes, ok := meaningful[what]; ok && o.Proof.Scheme != "" && !slices.Contains(schemes, o.Proof.Scheme) {
			if _, set := r.Get(above + what); set {
				r.Wrong(above+what, "has no effect unless the signature is %s", strings.Join(schemes, " or "))
			}
		}
	}
	if place := o.Proof.Place(); o.Topic.ID == nil && place != "" {
		o.Topic.ID, _ = feed.Locate(place) // it is one
	}
	switch _, set := r.Get(above + "signature"); {
	case !set:
		r.Lacks(above+"signature", "it says how senders prove that they may: "+strings.Join(Schemes, ", "))
	case o.Topic.Keys == nil:
		r.Lacks(above+"keys.PARAM", "it says where in a message the value is that waiting tasks compare, such as body.order.id")
	case o.Proof.Scheme != "":
		if _, err := o.Proof.verifier(); err != nil {
			key := above + "secret"
			if _, set := r.Get(key); !set {
				key = above + "signature"
			}
			r.Refuse(key, err)
		}
	}
	if err := o.checkRemember(); err != nil {
		key := above + "remember"
		if _, set := r.Get(key); !set {
			key = above + "tolerance"
		}
		r.Refuse(key, err)
	}
}
