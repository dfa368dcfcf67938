package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/config"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/secret"
	"github.com/pawlhq/pawl/internal/server"
)

// Grade says what a finding asks for.
type Grade string

// Grades of findings.
const (
	// Fine asks for nothing, and so does Note, which is worth knowing.
	Fine Grade = "ok"
	Note Grade = "note"
	// Problem keeps the server from doing what it is for.
	Problem Grade = "problem"
)

// Finding is what one look at an installation found.
type Finding struct {
	Check string `json:"check"`
	Grade Grade  `json:"grade"`
	// Message says what is so, and Hint how to mend it.
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// doctor examines an installation.
type doctor struct {
	*settings
	env      func(string) string
	findings []Finding
}

// Examine looks at what a server of that configuration would work with, and
// returns what it finds, in a fixed order. It changes nothing, except that it
// writes small files where the server would, and removes them. Env is the
// environment of the programs of tasks.
func Examine(ctx context.Context, cfg *config.Config, env []string) []Finding {
	d := &doctor{settings: newSettings(cfg), env: lookup(env)}
	d.readable()
	d.database(ctx)
	d.processes(ctx)
	d.tasks(ctx)
	d.logFolder()
	d.buckets(ctx)
	d.secretKey()
	d.programs()
	d.addresses(ctx)
	d.tempDir()
	d.openFiles()
	return d.findings
}

func (d *doctor) found(check string, g Grade, hint, format string, args ...any) {
	d.findings = append(d.findings, Finding{check, g, fmt.Sprintf(format, args...), hint})
}

// failed notes an error as a problem.
func (d *doctor) failed(check string, err error, hint string) {
	if own := model.HintsOf(err); own != "" {
		hint = own
	}
	d.found(check, Problem, hint, "%v", err)
}

// readable looks at the settings themselves.
func (d *doctor) readable() {
	const check = "settings"
	before := len(d.findings)
	for _, doubt := range Doubts(d.Config) {
		d.found(check, Note, doubt.Hint, "%s: %s %s", doubt.Origin, doubt.Key, doubt.Reason)
	}
	for _, fault := range Faults(d.Config) {
		d.failed(check, fault, "")
	}
	if len(d.findings) == before {
		d.found(check, Fine, "", "%d are set, and all are known", Given(d.Config))
	}
}

func (d *doctor) secretKey() {
	const check = "secret key"
	if d.text(secret.KeySetting) == "" {
		d.found(check, Note, "set "+secret.KeySetting+" to what `openssl rand -base64 32` prints",
			"there is none, so the secrets of projects can't be kept")
		return
	}
	d.found(check, Fine, "", "secrets of projects are kept encrypted")
}

// programs looks for what tasks run.
func (d *doctor) programs() {
	for _, p := range []struct {
		name  string
		grade Grade
		tasks string
	}{{"sh", Problem, "sh>"}, {"python3", Note, "py>"}, {"ruby", Note, "rb>"}} {
		check := "program " + p.name
		if at := d.look(p.name); at != "" {
			d.found(check, Fine, "", "%s", at)
			continue
		}
		d.found(check, p.grade, "install it, or add its folder to PATH", "it is not on PATH, so tasks with %s fail", p.tasks)
	}
}

// look finds a program on the path of tasks.
func (d *doctor) look(name string) string {
	for _, dir := range filepath.SplitList(d.env("PATH")) {
		for _, ending := range endings {
			at := filepath.Join(dir, name+ending)
			if of, err := os.Stat(at); err == nil && !of.IsDir() && executable(of.Mode()) {
				return at
			}
		}
	}
	return ""
}

// addresses looks whether the server could listen.
func (d *doctor) addresses(ctx context.Context) {
	listen, _ := d.listen()
	all := []server.Address{listen.Address}
	if listen.Admin != nil {
		all = append(all, *listen.Admin)
	}
	hosts := make([]string, len(all))
	for i, a := range all {
		hosts[i] = a.Host
		d.address(ctx, a)
	}
	who, err := auth.FromConfig(d.Config, nil, nil)
	if err != nil {
		return // it was found with the settings
	}
	const check = "authentication"
	if err := auth.CheckBind(hosts, !auth.Open(who)); err != nil {
		d.failed(check, err, "")
	} else if d.inClear() {
		d.found(check, Note, inClearHint, inClearMessage)
	}
}

func (d *doctor) address(ctx context.Context, a server.Address) {
	check, address := "port", net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
	l, err := a.Listen()
	switch {
	case err == nil:
		d.found(check, Fine, "", "%s is free", address)
		_ = l.Close() // nobody has connected
	case answers(ctx, address):
		d.found(check, Note, "", "a server answers on %s already", address)
	default:
		d.failed(check, err, "end the program that has it, or choose another one with -n or server.port")
	}
}

// answers reports whether a server lives at an address.
func answers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, askSoon)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/livez", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

// tempDir looks whether tasks can have folders.
func (d *doctor) tempDir() {
	const check = "temp folder"
	dir := d.textOr("tmpdir", os.TempDir())
	if err := writable(dir); err != nil {
		d.failed(check, err, "name a folder that can be written with tmpdir")
		return
	}
	d.found(check, Fine, "", "%s can be written", dir)
}

// writable makes a file in a folder and removes it.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".pawl-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// enoughFiles is how many files a server with hundreds of tasks and clients
// has open.
const enoughFiles = 1024

func (d *doctor) openFiles() {
	const check = "open files"
	n, ok := fileLimit()
	switch {
	case !ok:
		return
	case n < enoughFiles:
		d.found(check, Problem, "raise it with `ulimit -n 65536`, or with LimitNOFILE= in a systemd unit",
			"the process may open %d files at a time, and a busy server needs %d", n, enoughFiles)
	default:
		d.found(check, Fine, "", "the process may open %s at a time", strings.TrimSpace(spelled(n)))
	}
}

// spelled returns a number as people read it.
func spelled(n uint64) string {
	if n >= 1<<40 {
		return "any number"
	}
	return strconv.FormatUint(n, 10)
}
