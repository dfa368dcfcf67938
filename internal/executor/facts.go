package executor

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pawlhq/pawl/internal/engine"
	told "github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
	"github.com/pawlhq/pawl/runner"
)

// facts are what a try tells. Its file is made by a program that writes to it.
type facts struct {
	scratch func() (string, error)

	mu   sync.Mutex
	all  told.Told
	path string
}

var _ operator.Facts = (*facts)(nil)

// Tell implements operator.Facts.
func (f *facts) Tell(fact operator.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all.Add(fact)
}

// Made implements operator.Facts.
func (f *facts) Made(product string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.all.All(), func(f operator.Fact) bool { return f.Product == product })
}

// File implements operator.Facts.
func (f *facts) File() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path != "" {
		return f.path
	}
	folder := os.TempDir()
	if f.scratch != nil {
		if own, err := f.scratch(); err == nil {
			folder = own
		}
	}
	f.path = filepath.Join(folder, "pawl-facts-"+strconv.FormatUint(rand.Uint64(), 36))
	return f.path
}

// gather adds what programs have written, and returns the error with which the try has
// ended, given that of its operator.
func (f *facts) gather(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	problem := f.read()
	switch said := f.all.Failure(); {
	case err == nil:
		err = problem
	case said != nil:
		err = withFailure(err, said)
	}
	if broken := f.all.Broken(); err == nil && broken != nil {
		err = &operator.Error{
			Message: "what is expected does not hold: " + broken.Expectation, Kind: "expectation",
			Props: params.Of("expectation", broken.Expectation),
		}
	}
	return err
}

// withFailure adds what a program has said of why it fails to the error with which its
// try has ended.
func withFailure(err error, said *told.Failure) error {
	var e *operator.Error
	if !errors.As(err, &e) {
		e = &operator.Error{Message: err.Error()}
	}
	if e.Props.Has("label") || e.Again != nil {
		return err // it is known already
	}
	with := *e
	if text := said.Text(); text != "" && !strings.Contains(with.Message, text) {
		with.Message = text + " (" + with.Message + ")"
	}
	with.Props = with.Props.Merge(said.Said)
	if said.Again != nil {
		with.Again, with.Final = &operator.Again{After: said.Again.After, Most: said.Again.Most}, said.Again.Most == 0
	}
	return &with
}

// read takes the file in, once.
func (f *facts) read() error {
	path := f.path
	if f.path = ""; path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		return model.Errorf(model.Invalid, "PAWL_FACTS is to be a file, and is none")
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.all.Read(file)
	return errors.Join(err, file.Close(), os.Remove(path))
}

// withFacts adds what a try has told to how it ended. What is secret is masked.
func (r *run) withFacts(outcome runner.Outcome) runner.Outcome {
	list := r.told.all.All()
	c, ok := outcome.(engine.Command)
	if len(list) == 0 || !ok || c.Kind == engine.Lose {
		return outcome
	}
	c.Facts = make([]engine.Fact, len(list))
	for i := range list {
		kind := engine.Expected
		if list[i].Product != "" {
			kind = engine.ProductMade
		}
		c.Facts[i] = engine.Fact{Kind: kind, Data: r.hidden(list[i].Data()).(params.Map)}
	}
	return c
}
