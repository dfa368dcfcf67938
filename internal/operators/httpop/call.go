package httpop

import (
	"context"
	"fmt"
	"mime"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// call makes its tasks those of the workflow that a request brings.
type call struct {
	*caller
	read ReadFile
}

// Run makes the request.
func (c call) Run(ctx context.Context, t *operator.Task) (operator.Result, error) {
	limit, err := number(t.Services.Settings, "config.http_call.max_response_content_size", maxContent)
	if err != nil {
		return operator.Result{}, err
	}
	override, err := t.Params.StringOr("content_type_override", "")
	if err != nil {
		return operator.Result{}, err
	}
	to, err := commandTarget(ctx, t)
	if err != nil {
		return operator.Result{}, err
	}
	answer, wait, err := c.send(ctx, t, to, limit)
	if answer == nil {
		return operator.Result{Wait: wait}, err
	}
	mediaType := answer.header.Get("Content-Type")
	if override != "" {
		mediaType = override
	}
	text, err := answer.text(mediaType, limit)
	if err != nil {
		return operator.Result{}, err
	}
	text, err = workflowText(text, mediaType)
	if err != nil {
		return operator.Result{}, err
	}
	config, err := c.workflow(t, text)
	return operator.Result{Subtasks: config}, err
}

// workflowText returns an answer as the text of a workflow file. JSON is YAML
// once it is on one line.
func workflowText(text, mediaType string) (string, error) {
	if mediaType == "" {
		return "", failf("Content-Type must be set in the HTTP response but not set")
	}
	kind, _, _ := mime.ParseMediaType(mediaType) // what it can't read is not supported
	switch kind {
	case "application/x-yaml":
		return text, nil
	case "application/json":
		v, err := params.ParseJSON([]byte(text))
		if err != nil {
			return "", failf("Failed to parse response as JSON: %v", err)
		}
		return string(params.AppendJSON(nil, v)), nil
	}
	return "", failf("Unsupported Content-Type (expected application/json or application/x-yaml): %s", mediaType)
}

// workflow reads a workflow from a file in the working directory, which is
// left there. Until it is read the file has a name of the try's own, as other
// tasks may use the same directory.
func (c call) workflow(t *operator.Task, text string) (params.Map, error) {
	own := filepath.Join(t.Workdir, fmt.Sprintf("http_call-%d-%d-%d.dig", t.ID.Attempt, t.ID.Task, t.ID.Try))
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		return params.Map{}, fmt.Errorf("keep workflow: %w", err)
	}
	name, err := filepath.Rel(t.Project, own)
	if err != nil {
		return params.Map{}, fmt.Errorf("keep workflow: %w", err)
	}
	config, err := c.read(os.DirFS(t.Project), filepath.ToSlash(name))
	if rename := os.Rename(own, filepath.Join(t.Workdir, "http_call.dig")); rename != nil && err == nil {
		err = fmt.Errorf("keep workflow: %w", rename)
	}
	return config, err
}
