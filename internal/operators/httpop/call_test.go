package httpop_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// callTask returns a task that calls the workflow at a URI in a project.
func callTask(t *testing.T, uri string, options params.Map) *operator.Task {
	t.Helper()
	c := task("http_call", params.Of("_command", uri).Merge(options), nil)
	c.Project = t.TempDir()
	c.Workdir = filepath.Join(c.Project, "sub")
	if err := os.Mkdir(c.Workdir, 0o700); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCalledWorkflowBecomesTasks(t *testing.T) {
	t.Parallel()
	const yaml = "timezone: Asia/Tokyo\n+a:\n  echo>: ${x}\n+b:\n  sh>: 'true'\n"
	const json = `{"timezone": "Asia/Tokyo",
	"+a": {"echo>": "${x}"}, "+b": {"sh>": "true"}}`
	const want = `{"+a":{"echo>":"${x}"},"+b":{"sh>":"true"},"_export":{"_workdir":"sub"}}`
	for name, tt := range map[string]struct{ mediaType, override, body string }{
		"from YAML":                      {"application/x-yaml", "", yaml},
		"from JSON":                      {"application/json", "", json},
		"from JSON of some charset":      {"Application/JSON; charset=utf-8", "", json},
		"from what is said to be YAML":   {"text/plain", "application/x-yaml", yaml},
		"from what is said to be JSON":   {"", "application/json", json},
		"in the charset that is said so": {"text/plain; charset=klingon", "application/json", json},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := params.Of()
			if tt.override != "" {
				options = params.Of("content_type_override", tt.override)
			}
			c := callTask(t, answers(t, 200, tt.mediaType, tt.body).URL, options)
			r, err := run(t.Context(), c)
			if got := fmt.Sprint(r.Subtasks); got != want || err != nil {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
			entries, err := os.ReadDir(c.Workdir)
			if len(entries) != 1 || entries[0].Name() != "http_call.dig" {
				t.Errorf("left in the working directory: %v, %v", entries, err)
			}
		})
	}
}

func TestCalledWorkflowThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ mediaType, body, want string }{
		"no type":        {"", "+a: {}", "Content-Type must be set in the HTTP response but not set"},
		"another type":   {"text/html; charset=utf-8", "", "Unsupported Content-Type (expected application/json or application/x-yaml): text/html; charset=utf-8"},
		"no type at all": {";", "", "Unsupported Content-Type"},
		"ill JSON":       {"application/json", "{", "Failed to parse response as JSON: "},
		"ill YAML":       {"application/x-yaml", "+a: [", "http_call-7-12-1.dig:"},
		"no workflow":    {"application/json", `{"unknown": 1}`, `unknown key "unknown"`},
		"no mapping":     {"application/json", `[1]`, "a workflow file must be a mapping"},
		"too long":       {"application/json", `"` + strings.Repeat("x", 65536) + `"`, "Response content too large: more than 65536 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := run(t.Context(), callTask(t, answers(t, 200, tt.mediaType, tt.body).URL, params.Map{}))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want %s", r.Subtasks, err, tt.want)
			}
		})
	}
}

func TestCallIsARequestLikeAnyOther(t *testing.T) {
	t.Parallel()
	c := callTask(t, answers(t, 503, "", "").URL, params.Map{})
	if r, err := run(t.Context(), c); err != nil || r.Wait == nil {
		t.Errorf("got %v, %v, want another try", r, err)
	}
	c = callTask(t, answers(t, 404, "", "").URL, params.Map{})
	if _, err := run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "HTTP 4XX Client Error") {
		t.Errorf("got %v", err)
	}
	c = callTask(t, answers(t, 200, "application/json", "{}").URL, params.Map{})
	c.Services.Settings = map[string]string{"config.http_call.max_response_content_size": "1"}
	if _, err := run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "more than 1 characters") {
		t.Errorf("got %v", err)
	}
}
