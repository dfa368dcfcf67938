package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/model"
)

// route is one method of one path.
type route struct {
	method string
	// path is a pattern of http.ServeMux without a method.
	path string
	// action is what is checked and audited. A route without one is open to
	// everyone.
	action auth.Action
	// handle returns what is answered: an answer, or a value for JSON.
	handle func(*call) (any, error)
	doc    doc
}

// answer is the answer to a request that is more than a JSON value.
type answer interface {
	// send writes the answer. An error before the first byte is answered as
	// one; after it, the connection is cut.
	send(c *call) error
}

// call is a request that is being answered.
type call struct {
	*Server
	w     http.ResponseWriter
	r     *http.Request
	route *route
	who   auth.Principal
	// values are the parameters of the query.
	values url.Values
	// project and target are what the audit log names.
	project, target string
	audited, wrote  bool
}

// serve answers the requests of a route.
func (s *Server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Server: s, w: w, r: r, route: &rt}
		defer c.rescue()
		body, err := c.run()
		if err = c.audit(err); err == nil {
			err = c.send(body)
		}
		switch {
		case err == nil:
		case c.wrote:
			panic(http.ErrAbortHandler) // cuts the connection: the answer is not whole
		default:
			s.fail(w, r, err)
		}
	})
}

// rescue turns a fault of the program into an error of one request.
func (c *call) rescue() {
	fault := recover()
	if fault == nil {
		return
	}
	if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(fault)
	}
	err := fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
	if c.wrote {
		c.cfg.Log.Error("request failed", "method", c.r.Method, "path", c.r.URL.Path, "error", err)
		panic(http.ErrAbortHandler)
	}
	c.fail(c.w, c.r, c.audit(err)) // something may have been done
}

func (c *call) run() (any, error) {
	if c.route.action == "" {
		return c.route.handle(c)
	}
	var err error
	if c.who, err = c.cfg.Auth.Authenticate(c.r.Context(), auth.FromHeader(c.r.Header)); err != nil {
		return nil, err
	}
	noteUser(c.r.Context(), c.who.Name)
	if c.values, err = parameters(c.r.URL.RawQuery); err == nil {
		err = c.knows()
	}
	if err != nil {
		return nil, err
	}
	if c.route.doc.body == archiveBody {
		return c.route.handle(c) // it reads as much as an archive may have
	}
	if c.r.Body, err = decoded(c.w, c.r, c.cfg.MaxBody); err != nil {
		return nil, err
	}
	return c.route.handle(c)
}

func (c *call) send(body any) error {
	if a, ok := body.(answer); ok {
		return a.send(c)
	}
	return c.json(http.StatusOK, body)
}

// allow returns an error unless the principal may take the route's action in
// the project. The target is for the audit log.
func (c *call) allow(project, target string) error {
	c.project, c.target = project, target
	return c.cfg.Access.Allow(c.who, c.route.action, project)
}

// visible returns the projects in which the principal may take the route's
// action.
func (c *call) visible() auth.Visible { return c.cfg.Access.Visible(c.who, c.route.action) }

// withBody is an error that is answered with a body of its own.
type withBody struct {
	error
	body any
}

func (e withBody) Unwrap() error { return e.error }

// missing reports whether err says that there is nothing.
func missing(err error) bool { return model.CodeOf(err) == model.NotFound && err != nil }
