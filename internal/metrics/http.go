package metrics

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// methods are those that have a name in labels.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodOptions, http.MethodTrace,
}

// Request counts a request that was answered. The route is a pattern, or empty
// for one that took none.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	if !slices.Contains(methods, method) {
		method = "other"
	}
	if route == "" {
		route = "none"
	}
	m.requests.with(strconv.Itoa(status), method, route).Add(1)
	m.requestsTook.with(route).observe(took.Seconds())
}
