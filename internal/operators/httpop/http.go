// Package httpop holds the operators that make HTTP requests: one stores what
// came back, the other runs it as a workflow.
//
// A request that may be made again and that fails for a reason that may pass
// is made again later, without end: each time is one run of the task.
package httpop

import (
	"context"
	"io/fs"
	"net/http"
	"unicode/utf8"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// ReadFile reads the workflow file with that slash-separated path in a project
// and returns it as the configuration of a group.
type ReadFile func(project fs.FS, name string) (params.Map, error)

// Specs returns the operators. A workflow that came back is read with read.
func Specs(read ReadFile) []operator.Spec {
	c := &caller{http.DefaultTransport.(*http.Transport).Clone()}
	with := func(key string) []string { return append([]string{key}, keys...) }
	return []operator.Spec{
		{Name: "http", Operator: request{c}, Check: checkRequest, Defaults: "http", Keys: with("store_content")},
		{Name: "http_call", Operator: call{c, read}, Check: checkCall, Defaults: "http", Keys: with("content_type_override")},
	}
}

// request makes a request and stores how it went.
type request struct{ *caller }

// maxContent is how many characters of an answer are stored unless the
// system's configuration says otherwise.
const maxContent = 64 << 10

// Run makes the request.
func (r request) Run(ctx context.Context, t *operator.Task) (operator.Result, error) {
	keep, err := t.Params.BoolOr("store_content", false)
	if err != nil {
		return operator.Result{}, err
	}
	limit, err := number(t.Services.Settings, "config.http.max_stored_response_content_size", maxContent)
	if err != nil {
		return operator.Result{}, err
	}
	to, err := r.target(ctx, t)
	if err != nil {
		return operator.Result{}, err
	}
	answer, wait, err := r.send(ctx, t, to, limit)
	if answer == nil {
		return operator.Result{Wait: wait}, err
	}
	stored := params.Of("last_status", answer.status)
	reset := []string{"http.last_status"}
	if keep {
		text, err := answer.text(answer.header.Get("Content-Type"), limit)
		if err != nil {
			return operator.Result{}, err
		}
		stored = stored.Set("last_content", text)
		reset = append(reset, "http.last_content")
	}
	return operator.Result{Store: params.Of("http", stored), Reset: reset}, nil
}

// target returns where the task's request goes: a secret's value or else the
// command.
func (r request) target(ctx context.Context, t *operator.Task) (*target, error) {
	uri, ok, err := filler{ctx, t.Secrets}.optional("http.uri")
	if err != nil {
		return nil, err
	}
	if ok {
		return parseTarget(uri, true)
	}
	return commandTarget(ctx, t)
}

// commandTarget returns the target that the command names. It is secret when
// it holds a secret.
func commandTarget(ctx context.Context, t *operator.Task) (*target, error) {
	written, err := t.Params.String("_command")
	if err != nil {
		return nil, err
	}
	uri, err := filler{ctx, t.Secrets}.text(written)
	if err != nil {
		return nil, err
	}
	return parseTarget(uri, uri != written)
}

// text returns the body as text of at most limit characters, in the character
// set that the media type names.
func (r *response) text(mediaType string, limit int) (string, error) {
	text, err := decode(r.body, mediaType)
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(text) > limit {
		return "", failf("Response content too large: more than %d characters", limit)
	}
	return text, nil
}
