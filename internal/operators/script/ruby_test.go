package script_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pawlhq/pawl/internal/operators/script"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

var rb = script.Ruby().Operator

const rubyTasks = `
class Both
  def initialize(a, b = 2) @a, @b = a, b end
  def run(s, *rest, k:, m: 5, **all) puts [@a, @b, s, rest, k, m, all[:a], all[:h], all.key?(:_command)].inspect end
  def plain(a) puts "plain #{a}" end
  def self.of_class(a, b = 7) puts "class #{a} #{b}" end
  def gone(nothing) end
  def gone_key(nothing:) end
  def gap(x = 1, a = 2) end
  private def hidden(a) end
end
class Bare
  def run() puts "bare" end
end
class OwnNew
  def self.new(a) super() end
  def run() puts "own new" end
end
module Deep
  class Inner
    def run(s = "none") puts s end
  end
end
def top(a) puts "top #{a}" end
class MyError < StandardError; end
def boom() raise MyError, "it broke" end
def leave() exit(3) end
def leave_well() exit end
def vanish() exit!(5) end
def hand_on
  e = Digdag.env
  e.export({"e" => 1}, f: "é")
  e.store(s: {x: [1.5, nil, true]})
  e.set_state(ignored: 1)
  e.add_subtask(:top, "a" => 1)
  e.add_subtask(Both, :plain, a: 1)
  e.add_subtask("Both", "of_class")
  e.add_subtask({"echo>" => "x"})
  e.subtask_config["_parallel"] = e.params["parallel"]
  begin
    e.add_subtask(Both, :none)
  rescue ArgumentError => error
    puts error.message
  end
end
`

func rbTask(t *testing.T, command string, parameters ...any) *operator.Task {
	dir := project(t, map[string]string{"tasks.rb": rubyTasks})
	return task(dir, command, append(parameters, "ruby", rubyPath(t), "require", "tasks")...)
}

func TestRubyArgumentsGoByName(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"Both.run":        "[1, 2, \"z\", [], 3, 5, 1, {:x=>{:y=>1}}, true]\n",
		"Both.plain":      "plain 1\n",
		"Both.of_class":   "class 1 7\n",
		"::Both.of_class": "class 1 7\n",
		"Bare.run":        "bare\n",
		"OwnNew.run":      "own new\n",
		"Deep::Inner.run": "z\n",
		"top":             "top 1\n",
	} {
		prints(t, rb, rbTask(t, command, "a", 1, "s", "z", "k", 3, "h", params.Of("x", params.Of("y", 1))), want)
	}
}

func TestRubyHandsOnWhatTheCodeAsksFor(t *testing.T) {
	t.Parallel()
	got := run(t, rb, rbTask(t, "hand_on", "parallel", true))
	if got.printed != "Both has no method :none\n" || got.err != nil {
		t.Errorf("printed %q, %v", got.printed, got.err)
	}
	want := operator.Result{
		Export: params.Of("e", 1, "f", "é"),
		Store:  params.Of("s", params.Of("x", []any{1.5, nil, true})),
		Subtasks: params.Of(
			"+subtask0", params.Of("a", 1, "rb>", "top"),
			"+subtask1", params.Of("a", 1, "rb>", "::Both.plain"),
			"+subtask2", params.Of("rb>", "::Both.of_class"),
			"+subtask3", params.Of("echo>", "x"),
			"_parallel", true,
		),
	}
	if diff := cmp.Diff(want, got.result); diff != "" {
		t.Error(diff)
	}
}

func TestRubyFailures(t *testing.T) {
	t.Parallel()
	const failed = "Ruby command failed with code "
	for command, want := range map[string]string{
		"Both.gone":     "ArgumentError: Method 'Both#gone' requires parameter 'nothing' but not set",
		"Both.gone_key": "ArgumentError: Method 'Both#gone_key' requires parameter 'nothing' but not set",
		"Both.gap":      "ArgumentError: Method 'Both#gap' cannot get parameter 'a' without 'x' before it",
		"Both.hidden":   "NameError: undefined method `hidden' for class",
		"None.run":      "NameError: uninitialized constant None",
		"none":          "NameError: undefined method `none' for",
		"leave":         "SystemExit: leave ended Ruby by exit(3)",
		"leave_well":    "SystemExit: leave_well ended Ruby by exit(0)",
		"vanish":        failed + "5 (runtime)",
		"boom":          "MyError: it broke",
	} {
		tk := rbTask(t, command, "a", 1)
		got := run(t, rb, tk)
		if got.err == nil || !strings.HasPrefix(got.err.Error(), want) {
			t.Errorf("%s: got %v; want %s", command, got.err, want)
		}
		if strings.Contains(got.printed, "runner.rb") || strings.Count(got.printed, "it broke") > 1 ||
			command == "boom" && !strings.Contains(got.printed, "tasks.rb:") {
			t.Errorf("%s: printed %s", command, got.printed)
		}
	}
	fails(t, rb, task(project(t, nil), "x", "ruby", rubyPath(t), "require", "none"), failed+"1 (runtime)")
}

func TestRubyEnvironment(t *testing.T) {
	t.Parallel()
	tk := rbTask(t, "show", "require", "show", "p", "no variable")
	tk.Params = tk.Params.Set("require", "show").Set("ruby", []any{rubyPath(t), "-W0"})
	tk.Project = project(t, map[string]string{"sub/show.rb": `def show() p ENV["A"], ENV["p"], Dir.pwd, $VERBOSE, $stdin.read end`})
	tk.Workdir = tk.Project + "/sub"
	tk.Local = params.Of("_env", params.Of("A", "<${secret:key}>"))
	prints(t, rb, tk, `"<s3cret>"`+"\nnil\n\""+tk.Workdir+"\"\nnil\n\"\"\n")
}

func TestRubyScriptReplacesTheRunner(t *testing.T) {
	t.Parallel()
	text := `require "json"; a = JSON.parse(File.read(ARGV[0]))["params"]["a"]; File.write(ARGV[1], JSON.generate(store_params: {b: a + 1}))`
	got := run(t, rb, task(project(t, nil), "", "ruby", rubyPath(t), "script", text, "a", 1))
	if !got.result.Store.Equal(params.Of("b", 2)) || got.err != nil {
		t.Errorf("stored %v, %v", got.result.Store, got.err)
	}
}

func TestRubyParametersThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, tk := range map[string]*operator.Task{
		"Parameter '_command' is required but not set":               task("/", ""),
		"ruby: the list names no program":                            task("/", "x", "ruby", []any{}),
		`program "no-such-ruby" is not on PATH`:                      task("/", "x", "ruby", "no-such-ruby"),
		"Expected string type for key 'require' but got [1] (array)": task("/", "x", "require", []any{1}),
	} {
		fails(t, rb, tk, want)
	}
}
