package server

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
)

// mux returns the handler of all paths.
func (s *Server) mux() http.Handler {
	mux := http.NewServeMux()
	paths := make(map[string]resource)
	for _, rt := range s.routes() {
		if paths[rt.path] == nil {
			paths[rt.path] = resource{}
		}
		paths[rt.path][rt.method] = s.serve(rt)
	}
	for path, of := range paths {
		mux.Handle(path, s.dispatch(of))
	}
	missing := resource{}
	mux.Handle("/api/", s.dispatch(missing))
	mux.Handle("/api", s.dispatch(missing))
	mux.Handle(livePath, s.dispatch(resource{http.MethodGet: http.HandlerFunc(live)}))
	mux.Handle("/readyz", s.dispatch(resource{http.MethodGet: http.HandlerFunc(s.ready)}))
	if s.cfg.Metrics != nil {
		mux.Handle("/metrics", s.dispatch(resource{http.MethodGet: s.authenticated(s.cfg.Metrics)}))
	}
	ui := s.cfg.UI
	if ui == nil {
		ui = s.dispatch(missing)
	}
	mux.Handle("/", s.dispatch(resource{http.MethodGet: ui}))
	return mux
}

// resource has the handlers of a path by method. One without any is missing.
type resource map[string]http.Handler

// dispatch chooses by method.
func (s *Server) dispatch(of resource) http.Handler {
	allow := strings.Join(of.methods(), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		h, ok := of[method]
		switch {
		case ok:
			h.ServeHTTP(w, r)
		case len(of) == 0:
			s.fail(w, r, model.Errorf(model.NotFound, "there is nothing at %s", r.URL.Path))
		case method == http.MethodOptions:
			w.Header().Set("Allow", allow)
			w.WriteHeader(http.StatusOK)
		default:
			w.Header().Set("Allow", allow)
			s.refuse(w, r, http.StatusMethodNotAllowed, "the method "+r.Method+" is not allowed here")
		}
	})
}

func (of resource) methods() []string {
	list := append(slices.Collect(maps.Keys(of)), http.MethodOptions)
	if of[http.MethodGet] != nil {
		list = append(list, http.MethodHead)
	}
	slices.Sort(list)
	return list
}

// authenticated lets those through who are known.
func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.cfg.Auth.Authenticate(r.Context(), auth.FromHeader(r.Header)); err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hidden are the headers that an echo leaves out: a page must not learn them.
var hidden = []string{"Authorization", "Cookie", "Proxy-Authorization"}

// echo answers TRACE.
func echo(w http.ResponseWriter, r *http.Request) {
	var b bytes.Buffer
	b.WriteString(r.Method + " " + r.URL.RequestURI() + " " + r.Proto + "\r\n")
	b.WriteString("Host: " + r.Host + "\r\n")
	h := r.Header.Clone()
	for _, name := range hidden {
		h.Del(name)
	}
	_ = h.Write(&b) // a buffer takes all
	b.WriteString("\r\n")
	w.Header().Set("Content-Type", "message/http")
	_, _ = w.Write(b.Bytes()) // who went away needs no answer
}
