package executor

import (
	"fmt"

	"github.com/pawlhq/pawl/internal/boundary"
)

// panicked writes what is known of a panic to the try's log. It is called by the
// deferred function that caught the panic.
func (r *run) panicked(v any) error {
	p := boundary.Recovered(v)
	_, _ = fmt.Fprintf(&r.out, "%v\n\n%s", p, p.Traceback()) // the error says the most of it
	return p
}
