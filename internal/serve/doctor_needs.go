package serve

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/instance"
	"github.com/pawlhq/pawl/internal/lint"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/operators/listing"
	"github.com/pawlhq/pawl/internal/operators/secretref"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/python"
	"github.com/pawlhq/pawl/internal/workflow"
	"github.com/pawlhq/pawl/operator"
)

// Folder is a folder with definitions, and where their tasks would run.
type Folder struct {
	// Dir is the folder.
	Dir string
	// Env is the environment of the programs of tasks.
	Env []string
	// Secrets are those of tasks on this machine.
	Secrets operator.Secrets
}

// needing is what one look at the needs of a folder knows.
type needing struct {
	*doctor
	folder Folder
	// missing is the grade of what is not on this machine.
	missing Grade
	// images tells that tasks run in the images that they ask for.
	images bool
	// of is the project's Python, once it was asked.
	of *interpreter
}

// Needs looks whether what the tasks of a folder need is there, and returns what it
// finds, by kinds. It runs no task: programs are asked for their version, databases for
// an answer. A folder without definitions needs nothing.
func Needs(ctx context.Context, cfg *config.Config, folder Folder) []Finding {
	d := &doctor{settings: newSettings(cfg), env: lookup(folder.Env)}
	contents, err := project.Read(ctx, folder.Dir, time.Now())
	if err != nil {
		d.unread(err)
		return d.findings
	}
	all := make([]*workflow.Workflow, len(contents.Workflows))
	for i, w := range contents.Workflows {
		all[i] = w.Definition
	}
	if len(all) == 0 {
		return nil
	}
	needs, unknown := instance.Needs(lint.Linter{Project: os.DirFS(folder.Dir), Workflows: all}, all...)
	for _, e := range unknown {
		d.found("needs operator", Problem, "", "%s: %s", place(folder.Dir, e.Pos), e.Message)
	}
	n := needing{doctor: d, folder: folder, missing: Problem}
	switch runs := d.runs(); runs {
	case runsHere, runsEager, "process":
	default:
		n.missing, n.images = Note, true
	}
	for _, group := range grouped(needs) {
		n.look(ctx, group)
	}
	return d.findings
}

// unread tells of definitions that can't be read, which is no matter of this command.
func (d *doctor) unread(err error) {
	const check = "definitions"
	if model.CodeOf(err) == model.NotFound {
		d.failed(check, err, "")
		return
	}
	var errs document.Errors
	message := err.Error()
	if errs.Take(err) && len(errs) > 0 {
		message = errs[0].Message
		if at := errs[0].Pos; at.File != "" {
			message = place("", at) + ": " + message
		}
	}
	d.found(check, Note, "`pawl check` tells all that is wrong", "what tasks need is not known: %s", message)
}

// needed is something with all places that need it.
type needed struct {
	operator.Need
	at []document.Pos
}

// kindsInOrder are the kinds of needs as they are told.
var kindsInOrder = []operator.NeedKind{
	operator.NeedProgram, operator.NeedPython, operator.NeedPackage, operator.NeedKernel, operator.NeedImage, operator.NeedDatabase, operator.NeedSecret,
}

// grouped puts together what several tasks need, in the order of kinds.
func grouped(needs []lint.Need) (list []needed) {
	for _, n := range needs {
		i := slices.IndexFunc(list, func(of needed) bool { return of.Kind == n.Kind && of.Name == n.Name })
		if i < 0 {
			i = len(list)
			list = append(list, needed{Need: n.Need})
		}
		list[i].at = append(list[i].at, n.Pos)
	}
	slices.SortStableFunc(list, func(a, b needed) int {
		return cmp.Compare(slices.Index(kindsInOrder, a.Kind), slices.Index(kindsInOrder, b.Kind))
	})
	return list
}

// look looks for one thing.
func (n *needing) look(ctx context.Context, of needed) {
	switch of.Kind {
	case operator.NeedProgram:
		n.program(ctx, of)
	case operator.NeedPython, operator.NeedPackage, operator.NeedKernel:
		n.python(ctx, of)
	case operator.NeedImage:
		if !n.images {
			n.tell(of, n.missing, "needs image "+of.Name, "set runner.type to docker or podman, or take docker out of the task", "tasks run without containers here")
		}
	case operator.NeedDatabase:
		n.database(ctx, of)
	case operator.NeedSecret:
		n.secret(ctx, of)
	}
}

// tell notes a finding with the places that need it.
func (n *needing) tell(of needed, g Grade, check, hint, message string) {
	var places []string
	for _, at := range of.at {
		if p := place(n.folder.Dir, at); !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	by := places[0]
	if more := len(places) - 1; more > 0 {
		by = fmt.Sprintf("%s and %d more", by, more)
	}
	n.found(check, g, hint, "%s (%s)", message, by)
}

// place is where a task is written, for people.
func place(dir string, at document.Pos) string {
	if rel, err := filepath.Rel(dir, at.File); filepath.IsAbs(at.File) && err == nil && filepath.IsLocal(rel) {
		at.File = filepath.ToSlash(rel)
	}
	if at.Line == 0 {
		return at.File
	}
	return fmt.Sprintf("%s:%d", at.File, at.Line)
}

// absent is what there is to be said of a thing that may be elsewhere.
func (n *needing) absent(message string) string {
	if n.missing == Note {
		return message + " on this machine, and tasks run elsewhere"
	}
	return message
}

func (n *needing) program(ctx context.Context, of needed) {
	check := "needs " + of.Name
	for _, name := range append([]string{of.Name}, of.Or...) {
		at, err := process.Look(name, n.folder.Dir, n.folder.Env)
		if err != nil {
			continue
		}
		if v := n.version(ctx, at); v != "" {
			at += ", " + v
		}
		n.tell(of, Fine, check, "", at)
		return
	}
	n.tell(of, n.missing, check, howToGet(of.Name), n.absent("it is not there"))
}

// versions are the programs that are asked for their version: nothing else is started.
var versions = []string{"python", "python3", "ruby", "bash", "Rscript", "R", "node", "psql", "duckdb", "docker", "podman", "sqlite3", "git", "perl"}

// askSoon is how long something may take to tell what it is.
const askSoon = 5 * time.Second

// version returns the first line of what a well-known program says of itself.
func (n *needing) version(ctx context.Context, at string) string {
	if name := strings.TrimSuffix(filepath.Base(at), ".exe"); !slices.Contains(versions, name) {
		return ""
	}
	text, err := n.ask(ctx, at, "--version")
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return strings.TrimSpace(line)
}

// ask runs a program that ends soon, in a folder that has none of the user's code.
func (n *needing) ask(ctx context.Context, at string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askSoon)
	defer cancel()
	var told bytes.Buffer
	c := process.Command{Path: at, Args: append([]string{at}, args...), Dir: filepath.Dir(at), Env: n.folder.Env, Output: &told, Grace: time.Second}
	status, err := c.Run(ctx)
	if err == nil && status.Code != 0 {
		err = fmt.Errorf("it ends with %s", status)
	}
	return told.Bytes(), err
}

// gets says how to get well-known programs.
var gets = map[string]string{
	"python": "Python 3", "python3": "Python 3", "ruby": "Ruby", "R": "R", "Rscript": "R", "node": "Node.js", "psql": "the client of PostgreSQL",
	"pg_dump": "the client of PostgreSQL", "mysql": "the client of MySQL", "docker": "Docker", "podman": "Podman", "sbatch": "the client of SLURM",
	"kubectl": "kubectl of Kubernetes", "bq": "the Google Cloud CLI", "gcloud": "the Google Cloud CLI", "gsutil": "the Google Cloud CLI",
	"aws": "the AWS CLI", "sqlite3": "the command line of SQLite", "duckdb": "the command line of DuckDB", "java": "a Java runtime", "dbt": "dbt",
}

func howToGet(program string) string {
	return "install " + cmp.Or(gets[program], "it") + ", or add its folder to PATH"
}

// interpreter is what the project's Python says of itself.
type interpreter struct {
	at       python.Interpreter
	err      error
	Version  string            `json:"version"`
	Packages map[string]string `json:"packages"`
	// Kernels are those of its Jupyter, by name, with the programs that they start.
	Kernels map[string]string `json:"kernels"`
}

//go:embed doctor_python.py
var askPython string

// interpreter asks the project's Python, once.
func (n *needing) interpreter(ctx context.Context) *interpreter {
	if n.of != nil {
		return n.of
	}
	n.of = &interpreter{}
	if n.of.at, n.of.err = python.Find(python.Search{Dir: n.folder.Dir, Env: n.folder.Env}); n.of.err != nil {
		return n.of
	}
	text, err := n.ask(ctx, n.of.at.Path, "-c", askPython)
	if i := bytes.LastIndexByte(bytes.TrimSpace(text), '\n'); err == nil { // libraries may print before
		err = json.Unmarshal(text[i+1:], n.of)
	}
	if err != nil {
		n.of.err = model.Errorf(model.Unavailable, "%s does not tell what it has: %w", n.of.at.Path, err)
	}
	return n.of
}

func (n *needing) python(ctx context.Context, of needed) {
	has := n.interpreter(ctx)
	if has.err != nil {
		if of.Kind == operator.NeedPython {
			hint := model.HintsOf(has.err)
			n.tell(of, n.missing, "needs Python", cmp.Or(hint, "install Python 3"), n.absent(has.err.Error()))
		}
		return // it is told once
	}
	if of.Kind == operator.NeedPython {
		n.tell(of, Fine, "needs Python", "", fmt.Sprintf("%s, Python %s, of %s", has.at.Path, has.Version, has.at.Origin))
		return
	}
	install := has.at.Path + " -m pip install "
	if of.Kind == operator.NeedKernel {
		check := "needs kernel " + of.Name
		if at, ok := has.Kernels[of.Name]; ok {
			n.tell(of, Fine, check, "", at)
			return
		}
		hint := map[string]string{
			"python3": install + "ipykernel",
			"ir":      `Rscript -e 'install.packages("IRkernel"); IRkernel::installspec()'`,
		}[of.Name]
		n.tell(of, n.missing, check, cmp.Or(hint, "install it, or name another one by kernelspec_name"), n.absent("Jupyter has no such kernel"))
		return
	}
	check := "needs package " + of.Name
	for _, name := range append([]string{of.Name}, of.Or...) {
		if v, ok := has.Packages[name]; ok {
			n.tell(of, Fine, check, "", strings.TrimSpace(name+" "+v))
			return
		}
	}
	message := "it is not installed"
	if len(of.Or) > 0 {
		message = "neither it nor " + strings.Join(of.Or, " or ") + " is installed"
	}
	n.tell(of, n.missing, check, install+strings.ReplaceAll(of.Name, "_", "-"), n.absent(message))
}

// database looks whether a database answers. Its address is not shown.
func (n *needing) database(ctx context.Context, of needed) {
	const check = "needs database"
	address := of.Name
	if address != "" && len(secretref.Keys(address)) > 0 {
		var err error
		if address, err = secretref.Expand(ctx, address, n.folder.Secrets); err != nil {
			return // the secret is told of for itself
		}
	}
	if strings.Contains(address, "${") {
		return // only the run knows
	}
	ctx, cancel := context.WithTimeout(ctx, askSoon)
	defer cancel()
	what, err := listing.Reach(ctx, address, n.folder.Dir)
	switch {
	case err == nil:
		n.tell(of, Fine, check, "", what)
	case model.CodeOf(err) == model.NotFound:
		n.tell(of, Note, check, "a task that runs before must make it", err.Error())
	default:
		n.tell(of, n.missing, check, "check the address, the network and the rights of the user", err.Error())
	}
}

// secret looks whether a secret is there for runs on this machine; a server has those
// of its projects.
func (n *needing) secret(ctx context.Context, of needed) {
	check := "needs secret " + of.Name
	_, err := n.folder.Secrets.Secret(ctx, of.Name)
	switch {
	case err == nil:
		n.tell(of, Fine, check, "", "it is kept")
	case errors.Is(err, operator.ErrNoSecret):
		n.tell(of, Note, check, "`pawl secrets --local --set "+of.Name+"` keeps one, and `--project NAME` instead of `--local` one on a server", "runs on this machine have none of that name")
	default:
		n.failed(check, err, "")
	}
}
