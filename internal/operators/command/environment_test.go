package command_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/command"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/operator"
)

type vault map[string]string

func (v vault) Secret(_ context.Context, key string) (string, error) {
	if value, ok := v[key]; ok {
		return value, nil
	}
	return "", operator.ErrNoSecret
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		inherited  []string
		parameters params.Map
		own        params.Map
		want       []string
	}{
		{
			"inherited", []string{"A=1", "odd.name=x=y", "EMPTY="}, params.Map{}, params.Map{},
			[]string{"PWD=/project/dir", "A=1", "odd.name=x=y", "EMPTY="},
		},
		{
			"parameters by kind", nil,
			params.Of("s", "a b", "i", 1, "f", 1.0, "b", true, "n", nil, "l", []any{"x", 2}, "m", params.Of("k", "v"), "_command", "c"),
			params.Map{},
			[]string{"PWD=/project/dir", "s=a b", "i=1", "f=1.0", "b=true", "n=null", `l=["x",2]`, `m={"k":"v"}`, "_command=c"},
		},
		{
			"names that no shell takes", []string{"a.b=kept"},
			params.Of("1a", 1, "a-b", 1, "a.b", 1, "", 1, "é", 1, "a1", 1), params.Map{},
			[]string{"PWD=/project/dir", "a.b=kept", "a1=1"},
		},
		{
			"later replaces earlier", []string{"A=1", "B=1", "C=1"},
			params.Of("B", 2, "C", 2), params.Of("C", 3, "D", "3"),
			[]string{"PWD=/project/dir", "A=1", "B=2", "C=3", "D=3"},
		},
		{"inherited PWD", []string{"PWD=/old"}, params.Map{}, params.Map{}, []string{"PWD=/project/dir"}},
		{"PWD parameter", []string{"PWD=/old"}, params.Of("PWD", "/x"), params.Map{}, []string{"PWD=/x"}},
		{"own PWD", []string{"PWD=/old"}, params.Of("PWD", "/x"), params.Of("PWD", "/y"), []string{"PWD=/y"}},
		{
			"secrets go by their own names", nil, params.Map{}, params.Of("KEY", "<${secret:a.b}>"),
			[]string{"PWD=/project/dir", "KEY=<outside>"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			task := &operator.Task{
				ID: model.TryID{Attempt: 1, Task: 2, Try: 3}, Session: "5f0e",
				Project: "/project", Workdir: "/project/dir",
				Env:   tt.inherited,
				Local: params.Of("_env", tt.own),
				Secrets: secret.Mounted{
					Secrets: vault{"a.b": "outside", "c": "renamed"},
					Mounts:  params.Of("a", params.Of("b", "c")),
				},
			}
			got, err := command.Environment(t.Context(), task, tt.parameters)
			if err != nil {
				t.Fatal(err)
			}
			want := append(slices.Clone(tt.want), process.Mark("5f0e/1/2/3"))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEnvOfOthersIsNotTheTasksOwn(t *testing.T) {
	t.Parallel()
	task := &operator.Task{Workdir: "/w", Params: params.Of("_env", params.Of("A", "exported"))}
	got, err := command.Environment(t.Context(), task, params.Map{})
	if err != nil || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestEnvThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]any{
		"Invalid _env key name: a-b (config)":                  params.Of("a-b", "x"),
		"Expected string type for key 'A' but got [1] (array)": params.Of("A", []any{1}),
		"Secret not found for key: 'x' (secret not found)":     params.Of("A", "${secret:x}"),
		"Expected object type for key '_env' but got":          "text",
		"Parameter 'A' is required but null":                   params.Of("A", nil),
	} {
		task := &operator.Task{Local: params.Of("_env", env), Secrets: vault{}}
		_, err := command.Environment(t.Context(), task, params.Map{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestATaskForAContainerIsNotRunOnTheHost(t *testing.T) {
	t.Parallel()
	task := &operator.Task{Params: params.Of("docker", map[string]any{"image": "debian"})}
	_, err := command.Environment(context.Background(), task, operator.Map{})
	var failure *operator.Error
	if !errors.As(err, &failure) || !failure.Final {
		t.Errorf("got %v, want a final failure", err)
	}
	task.Image = "debian"
	if _, err := command.Environment(context.Background(), task, operator.Map{}); err != nil {
		t.Errorf("in a container: %v", err)
	}
}
