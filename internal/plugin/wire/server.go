package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
)

// Server is the side of plug-ins: what it opens answers calls.
type Server[T io.Closer] struct {
	// Program is the name and version of the plug-in.
	Program string
	// Open opens what answers, once, with the settings that pawl has.
	Open func(ctx context.Context, settings map[string]string) (T, error)
	// Answer answers a call that is not Hello. It may be called concurrently.
	Answer func(call *Call, of T, m Message) (Message, error)

	calls sync.WaitGroup

	mu     sync.Mutex
	opened bool
	of     T
}

// CheckSettings refuses settings that are not among the known ones.
func CheckSettings(given map[string]string, known []string) error {
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, key) {
			return model.Errorf(model.Invalid, "the setting %q is not known", key).WithHint("%s", document.DidYouMean(key, known))
		}
	}
	return nil
}

// Main runs a plug-in until standard input ends, and returns its exit code. What is
// printed to os.Stdout meanwhile goes to standard error. It lets signals pass that end
// the server, which may have much to do when it gets them.
func (s *Server[T]) Main() int {
	if len(os.Args) > 1 {
		fmt.Fprintf(os.Stderr, "%s is a plug-in that pawl starts: it takes no arguments\n", s.Program)
		return 2
	}
	// What was ignored would be so in programs that a plug-in starts, too.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	out := os.Stdout
	os.Stdout = os.Stderr
	if err := s.Serve(os.Stdin, out); err != nil {
		fmt.Fprintf(os.Stderr, "%s: error: %v\n", s.Program, err)
		return 1
	}
	return 0
}

// Serve answers what is asked on in until that ends, which is no error; then it calls
// off what is left, waits for it and closes what it opened.
func (s *Server[T]) Serve(in io.Reader, out io.Writer) (err error) {
	defer func() {
		s.calls.Wait()
		if s.opened {
			err = errors.Join(err, s.of.Close())
		}
	}()
	conn := Accept(in, out, func(call *Call, m Message) {
		s.calls.Go(func() { s.serve(call, m) })
	})
	written := make(chan error, 1)
	go func() { written <- conn.Write() }()
	if err := conn.Read(); err != nil {
		return err
	}
	s.calls.Wait()
	return <-written
}

// serve answers a call. That only fails once nobody listens, or if the answer is too
// long, which is the answer then.
func (s *Server[T]) serve(call *Call, m Message) {
	answer, err := s.answer(call, m)
	if err != nil {
		answer = Message{Type: Failed, Error: ErrorOf(err)}
	} else {
		answer.Type = Done
	}
	if err := call.Send(context.Background(), answer, nil); model.CodeOf(err) == model.Invalid {
		_ = call.Send(context.Background(), Message{Type: Failed, Error: ErrorOf(err)}, nil)
	}
}

func (s *Server[T]) answer(call *Call, m Message) (Message, error) {
	if m.Type == Hello {
		return s.hello(call.Context(), m)
	}
	s.mu.Lock()
	opened, of := s.opened, s.of
	s.mu.Unlock()
	if !opened {
		return Message{}, errors.New("the first call is hello")
	}
	return s.Answer(call, of, m)
}

func (s *Server[T]) hello(ctx context.Context, m Message) (answer Message, err error) {
	if m.Protocol != Protocol {
		return answer, model.Errorf(model.Invalid, "%s speaks version %d of the protocol, and pawl version %d", s.Program, Protocol, m.Protocol).
			WithHint("install the plug-in of the same release as pawl")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened {
		return answer, errors.New("hello comes once")
	}
	of, err := s.Open(ctx, m.Settings)
	if err != nil {
		return answer, err
	}
	s.of, s.opened = of, true
	return Message{Protocol: Protocol, Program: s.Program}, nil
}

// ErrNoCall is the error of a call that a plug-in of its kind does not have.
var ErrNoCall = model.Errorf(model.Invalid, "plug-ins of this kind have no such call")
