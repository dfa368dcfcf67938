package postgres

import (
	"testing"
	"time"

	"github.com/pawlhq/pawl/internal/model"
)

func TestAServerSaysItsVersionAndItsTime(t *testing.T) {
	t.Parallel()
	began := time.Now()
	s, err := Probe(ctx, tempConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	if off := s.Now.Sub(began).Abs(); s.Version == "" || off > time.Minute {
		t.Errorf("version %q, %v off", s.Version, off)
	}
}

func TestAServerThatDoesNotAnswerIsUnavailable(t *testing.T) {
	t.Parallel()
	if _, err := Probe(ctx, Config{URL: "postgres://nobody@127.0.0.1:1/x"}); model.CodeOf(err) != model.Unavailable || err == nil {
		t.Errorf("got %v", err)
	}
}
