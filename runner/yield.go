package runner

import "context"

type yielding struct{}

// WithYield returns the context of a job, which has Yield call a function of its
// runner.
func WithYield(ctx context.Context, yield func()) context.Context {
	return context.WithValue(ctx, yielding{}, yield)
}

// Yield tells the runner of the job with that context that what is left of it
// only waits, for disks say, and takes little else of the machine. Another job
// may begin meanwhile where several run at a time anyway. It may be called at any
// time, also where there is no runner.
func Yield(ctx context.Context) {
	if yield, ok := ctx.Value(yielding{}).(func()); ok {
		yield()
	}
}
