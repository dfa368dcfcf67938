// Package plugin launches programs by whatever knows how to: a plug-in named
// pawl-runner-NAME. It knows nothing of what the plug-in does.
package plugin

import (
	"context"

	"github.com/pawlhq/pawl/internal/plugin"
	"github.com/pawlhq/pawl/internal/plugin/wire"
	"github.com/pawlhq/pawl/runner"
)

// Kind is that of plug-ins that run tasks.
var Kind = plugin.Kind{Prefix: "pawl-runner-", What: "runner"}

// Options say which plug-in is used, and how. Their Kind is that of this package.
type Options = plugin.Options

// Launcher is a runner.Launcher in a plug-in. All calls that wait for a plug-in that
// ends too early are Unavailable; the next call starts it again.
type Launcher struct{ plugin *plugin.Plugin }

var _ runner.Launcher = (*Launcher)(nil)

// Open returns the launcher of a plug-in. It starts nothing.
func Open(o Options) *Launcher {
	o.Kind = Kind
	return &Launcher{plugin.Open(o)}
}

// Launch implements runner.Launcher.
func (l *Launcher) Launch(ctx context.Context, o runner.Order) error {
	_, err := l.plugin.Ask(ctx, wire.Message{Type: wire.Launch, Order: &o})
	return err
}

// List implements runner.Launcher.
func (l *Launcher) List(ctx context.Context, prefix string) ([]runner.Status, error) {
	m, err := l.plugin.Ask(ctx, wire.Message{Type: wire.Programs, Prefix: prefix})
	return m.Programs, err
}

// Cancel implements runner.Launcher.
func (l *Launcher) Cancel(ctx context.Context, name string) error {
	_, err := l.plugin.Ask(ctx, wire.Message{Type: wire.End, Name: name})
	return err
}

// Forget implements runner.Launcher.
func (l *Launcher) Forget(ctx context.Context, name string) error {
	_, err := l.plugin.Ask(ctx, wire.Message{Type: wire.Forget, Name: name})
	return err
}

// Close implements runner.Launcher. It ends the plug-in.
func (l *Launcher) Close() error { return l.plugin.Close() }

// Check asks the plug-in for an answer.
func (l *Launcher) Check(ctx context.Context) error {
	_, err := l.List(ctx, "pawl-")
	return err
}
