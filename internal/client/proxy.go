package client

import (
	"cmp"
	"net/http"
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// ProxyFrom returns what chooses proxies as the environment says: http_proxy,
// for https before it https_proxy, and no_proxy, each in either case. Hosts on
// this machine have none.
func ProxyFrom(env func(string) string) func(*http.Request) (*url.URL, error) {
	plain := cmp.Or(env("http_proxy"), env("HTTP_PROXY"))
	choose := (&httpproxy.Config{
		HTTPProxy:  plain,
		HTTPSProxy: cmp.Or(env("https_proxy"), env("HTTPS_PROXY"), plain),
		NoProxy:    cmp.Or(env("no_proxy"), env("NO_PROXY")),
	}).ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
}
