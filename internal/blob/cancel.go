package blob

import (
	"context"
	"io"
)

// Until returns a reader that fails with the cause of the context once that has
// ended, even if it ended during the last read.
func Until(ctx context.Context, r io.Reader) io.Reader { return &until{ctx, r} }

type until struct {
	ctx context.Context
	r   io.Reader
}

func (u *until) Read(p []byte) (int, error) {
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	n, err := u.r.Read(p)
	if u.ctx.Err() != nil {
		return 0, context.Cause(u.ctx)
	}
	return n, err
}
