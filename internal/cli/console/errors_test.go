package console

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorsThatSayTheSameAreToldOnce(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	wrapped := fmt.Errorf("commit: %w", full)
	for want, err := range map[string]error{
		"the disk is full":                           Distinct(full, errors.Join(full, errors.Join(full))),
		"commit: the disk is full\nthe disk is full": Distinct(wrapped, errors.Join(full, wrapped)),
	} {
		if err == nil || err.Error() != want || !errors.Is(err, full) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := Distinct(nil, nil); err != nil {
		t.Errorf("got %v of nothing", err)
	}
}
