package httpop

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
)

// keys are the parameters of a request, in either operator.
var keys = []string{
	"method", "content", "content_format", "content_type", "headers", "query",
	"retry", "timeout", "follow_redirects", "insecure", "proxy",
}

// options are a task's parameters that say how its request is made.
type options struct {
	method string
	// retry is set when what may pass is tried again.
	retry     bool
	timeout   time.Duration // 0 means none
	follow    bool
	redirects int
	insecure  bool
	proxy     *url.URL // nil means as the environment says
	agent     string
}

// Defaults of options and settings.
const (
	defaultTimeout   = 30
	defaultRedirects = 8
	defaultAgent     = "pawl"
)

func readOptions(p params.Map, settings map[string]string) (*options, error) {
	o := &options{agent: defaultAgent}
	method, err := p.StringOr("method", http.MethodGet)
	if err != nil {
		return nil, err
	}
	o.method = strings.ToUpper(method)
	if o.retry, err = p.BoolOr("retry", safe(o.method)); err != nil {
		return nil, err
	}
	seconds, err := p.IntOr("timeout", defaultTimeout)
	if err != nil {
		return nil, err
	}
	if seconds < 0 || seconds > int64(maxTimeout/time.Second) {
		return nil, model.Errorf(model.Invalid, "timeout must be a number of seconds, not %d", seconds)
	}
	o.timeout = time.Duration(seconds) * time.Second
	if o.follow, err = p.BoolOr("follow_redirects", true); err != nil {
		return nil, err
	}
	if o.insecure, err = p.BoolOr("insecure", false); err != nil {
		return nil, err
	}
	if agent, ok := settings["config.http.user_agent"]; ok {
		o.agent = agent
	}
	if o.redirects, err = number(settings, "config.http.max_redirects", defaultRedirects); err != nil {
		return nil, err
	}
	o.proxy, err = readProxy(p, settings)
	return o, err
}

const maxTimeout = 365 * 24 * time.Hour

// safe reports whether a request of that method can be made again and again.
func safe(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// readProxy returns the task's proxy, else the system's, else nil.
func readProxy(p params.Map, settings map[string]string) (*url.URL, error) {
	const system = "config.http.proxy."
	allowed, err := flag(settings, "config.http.allow_user_proxy", true)
	if err != nil {
		return nil, err
	}
	own, err := p.ParseMapOr("proxy", params.Map{})
	if err != nil {
		return nil, err
	}
	if proxy, err := proxyURL(own); proxy != nil && allowed || err != nil {
		return proxy, err
	}
	var configured params.Map
	for _, key := range []string{"enabled", "host", "port", "tls"} {
		if v, ok := settings[system+key]; ok {
			configured = configured.Set(key, v)
		}
	}
	proxy, err := proxyURL(configured)
	if err != nil {
		return nil, fmt.Errorf("settings %s*: %w", system, err)
	}
	return proxy, nil
}

// proxyURL returns the proxy that m describes, nil if it is not enabled.
func proxyURL(m params.Map) (*url.URL, error) {
	enabled, err := m.BoolOr("enabled", false)
	if err != nil || !enabled {
		return nil, err
	}
	host, err := m.String("host")
	if err != nil {
		return nil, err
	}
	port, err := m.Int("port")
	if err != nil {
		return nil, err
	}
	tls, err := m.BoolOr("tls", false)
	if err != nil {
		return nil, err
	}
	scheme := "http"
	if tls {
		scheme = "https"
	}
	return &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, strconv.FormatInt(port, 10))}, nil
}

// number reads a setting that is a number of things.
func number(settings map[string]string, key string, def int) (int, error) {
	text, ok := settings[key]
	if !ok {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, model.Errorf(model.Invalid, "setting %s must be a number, not %q", key, text)
	}
	return n, nil
}

// flag reads a setting that is true or false.
func flag(settings map[string]string, key string, def bool) (bool, error) {
	text, ok := settings[key]
	if !ok {
		return def, nil
	}
	v, ok := params.ToBool(text)
	if !ok {
		return false, model.Errorf(model.Invalid, "setting %s must be true or false, not %q", key, text)
	}
	return v, nil
}
