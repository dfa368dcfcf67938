package wire_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/plugin/wire"
	"github.com/pawlhq/pawl/runner"
)

// hear gives the side that calls what the other says for call 1.
func hear(said string) (*wire.Call, error) {
	conn := wire.Dial(strings.NewReader(said), io.Discard)
	call := conn.Call()
	return call, conn.Read()
}

func TestNonsense(t *testing.T) {
	t.Parallel()
	for name, said := range map[string]string{
		"no JSON":                 "hello\n",
		"another type":            `{"type":1}` + "\n",
		"no such call":            `{"type":"done","id":7}` + "\n",
		"a call that is over":     `{"type":"done","id":1}` + "\n" + `{"type":"done","id":1}` + "\n",
		"a call of its own":       `{"type":"stat","id":1}` + "\n",
		"an unknown type":         `{"type":"greeting","id":1}` + "\n",
		"a piece that is unasked": `{"type":"piece","id":1,"length":1}` + "\nx",
		"content of no piece":     `{"type":"done","id":1,"length":1}` + "\nx",
		"less than nothing":       `{"type":"piece","id":1,"length":-1}` + "\n",
		"too large a piece":       `{"type":"piece","id":1,"length":262145}` + "\n",
		"more than is asked":      strings.Repeat(`{"type":"want","id":1,"limit":1}`+"\n", 10),
		"an endless line":         strings.Repeat("x", 17<<20),
	} {
		if _, err := hear(said); !errors.Is(err, wire.ErrNonsense) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// What the other side would not take is not sent.
func TestMessagesThatAreTooLong(t *testing.T) {
	t.Parallel()
	conn := wire.Dial(strings.NewReader(""), io.Discard)
	call := conn.Call()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody takes messages here
	err := call.Send(ctx, wire.Message{Type: wire.Launch, Order: &runner.Order{Input: make([]byte, 13<<20)}}, nil)
	if model.CodeOf(err) != model.Invalid || !call.Over() {
		t.Errorf("code %v, error %v, over %t", model.CodeOf(err), err, call.Over())
	}
}

// A call that was given up before its first message was sent has nobody who would answer.
func TestCallsThatAreGivenUpBeforeTheyBegin(t *testing.T) {
	t.Parallel()
	call := wire.Dial(strings.NewReader(""), io.Discard).Call()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody takes messages here
	err := call.Send(ctx, wire.Message{Type: wire.Programs}, nil)
	if !errors.Is(err, context.Canceled) || !call.Over() {
		t.Errorf("error %v, over %t", err, call.Over())
	}
}

// What is cut off was no mistake of whoever was to say it.
func TestEndInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"", `{"type":"do`, `{"type":"done","id":1}`} {
		call, err := hear(said)
		if errors.Is(err, wire.ErrNonsense) {
			t.Errorf("%q: error %v", said, err)
		}
		if _, err := call.Next(t.Context()); !errors.Is(err, wire.ErrEnded) {
			t.Errorf("%q: the call has the error %v", said, err)
		}
	}
}

func TestAnswerBeforeTheEndCounts(t *testing.T) {
	t.Parallel()
	call, err := hear(`{"type":"done","id":1,"url":"u","new":[]}` + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := call.Next(t.Context()); err != nil || m.URL != "u" || !call.Over() {
		t.Errorf("answer %+v, error %v", m, err)
	}
}

func TestErrorsTravelWithTheirCodes(t *testing.T) {
	t.Parallel()
	for _, code := range []model.Code{model.Internal, model.Invalid, model.NotFound, model.Conflict, model.Forbidden, model.Unavailable} {
		err := wire.ErrorOf(model.Errorf(code, "it failed").WithHint("do this")).Err()
		if model.CodeOf(err) != code || err.Error() != "it failed" || model.HintsOf(err) != "do this" {
			t.Errorf("%v: %v with the code %v and the hint %q", code, err, model.CodeOf(err), model.HintsOf(err))
		}
	}
	for _, e := range []*wire.Error{nil, {Code: "run_failed", Message: "m"}, {Code: "strange", Message: "m"}} {
		if err := e.Err(); err == nil || model.CodeOf(err) != model.Internal {
			t.Errorf("%+v: error %v", e, err)
		}
	}
}
