package otlp

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pawlhq/pawl/internal/model"
)

// Config says where and how spans are sent.
type Config struct {
	// URL is where they are posted to.
	URL *url.URL
	// Headers are those of each request.
	Headers map[string]string
	// Timeout is how long one request may take; 0 is without limit.
	Timeout time.Duration
	// Gzip compresses requests.
	Gzip bool
	// TLS says whom to trust, and who asks. Nil is the machine's certificates.
	TLS *tls.Config
	// Agent is who the requests say they are from.
	Agent string
}

const defaultTimeout = 10 * time.Second

// variable is a setting in the environment, with the name that it has there.
type variable struct{ name, value string }

// wrong is the Invalid error of a variable. Its value is not shown: it may be
// a secret.
func (v variable) wrong(format string, args ...any) *model.Error {
	return model.Errorf(model.Invalid, v.name+": "+format, args...)
}

// environment finds variables.
type environment func(string) string

// find returns the variable that is for traces or, without it, the one that is
// for everything.
func (env environment) find(name string) variable {
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"} {
		if v := strings.TrimSpace(env(prefix + name)); v != "" {
			return variable{prefix + name, v}
		}
	}
	return variable{}
}

// Named reports whether the environment names a collector of traces.
func Named(env func(string) string) bool { return environment(env).find("ENDPOINT").value != "" }

// FromEnv reads a configuration from the variables that OpenTelemetry has for
// it: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, _PROTOCOL, _HEADERS, _TIMEOUT,
// _COMPRESSION, _CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY, and the same
// without TRACES. One that can't be read, or asks for what there is not, is an
// Invalid error.
func FromEnv(env func(string) string) (Config, error) {
	e := environment(env)
	c := Config{Timeout: defaultTimeout}
	if p := e.find("PROTOCOL"); p.value != "" && p.value != "http/protobuf" {
		return c, p.wrong("traces can't be sent by %q", p.value).
			WithHint("set it to http/protobuf, which collectors listen for on port 4318")
	}
	var err error
	if c.URL, err = e.url(); err != nil {
		return c, err
	}
	if c.Headers, err = e.headers(); err != nil {
		return c, err
	}
	if t := e.find("TIMEOUT"); t.value != "" {
		ms, err := strconv.ParseUint(t.value, 10, 31)
		if err != nil {
			return c, t.wrong("%q is no number of milliseconds", t.value)
		}
		c.Timeout = time.Duration(ms) * time.Millisecond
	}
	switch by := e.find("COMPRESSION"); by.value {
	case "gzip":
		c.Gzip = true
	case "", "none":
	default:
		return c, by.wrong("there is no compression %q", by.value).WithHint("it may be gzip or none")
	}
	if c.TLS, err = e.tls(); err != nil {
		return c, err
	}
	if c.TLS != nil && c.URL.Scheme == "http" {
		return c, e.find("ENDPOINT").wrong("there are certificates, but the collector is asked without TLS").
			WithHint("begin the URL with https://, or unset the certificates")
	}
	return c, nil
}

// url returns where traces are posted to. The URL that is for them is used as
// it is, and the one for everything is where their path begins.
func (env environment) url() (*url.URL, error) {
	v := env.find("ENDPOINT")
	u, err := url.Parse(v.value)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, v.wrong("it must be a URL").WithHint("write it like http://localhost:4318")
	}
	if v.name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
		u = u.JoinPath("v1", "traces")
	}
	return u, nil
}

// tokens are the characters of the names of headers.
const tokens = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"

// headers reads "a=1,b=2", with values as they are in URLs.
func (env environment) headers() (map[string]string, error) {
	v := env.find("HEADERS")
	all := make(map[string]string)
	for pair := range strings.SplitSeq(v.value, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		text, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil || name == "" || strings.Trim(name, tokens) != "" || strings.ContainsFunc(text, unicode.IsControl) {
			return nil, v.wrong("the headers can't be read").
				WithHint("write them like name=value,other=value, and %%2C for a comma in a value")
		}
		all[name] = text
	}
	return all, nil
}

// tls returns nil where nothing is set.
func (env environment) tls() (*tls.Config, error) {
	trusted, cert, key := env.find("CERTIFICATE"), env.find("CLIENT_CERTIFICATE"), env.find("CLIENT_KEY")
	if trusted.value == "" && cert.value == "" && key.value == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if trusted.value != "" {
		text, err := os.ReadFile(trusted.value)
		if err != nil {
			return nil, trusted.wrong("%w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, trusted.wrong("%s has no certificate", trusted.value)
		}
	}
	switch {
	case cert.value == "" && key.value == "":
		return c, nil
	case cert.value == "" || key.value == "":
		one := variable{name: cmp.Or(cert.name, key.name)}
		return nil, one.wrong("a client needs both the files of its certificate and of its key")
	}
	pair, err := tls.LoadX509KeyPair(cert.value, key.value)
	if err != nil {
		return nil, cert.wrong("%w", err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}
