package remote

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
	"github.com/pawlhq/pawl/internal/client"
)

type sessionsOptions struct{ listing }

func newSessions(world console.IO) *cobra.Command {
	o := sessionsOptions{listing{Options: Options{World: world}}}
	return o.command(&cobra.Command{
		Use: "sessions [PROJECT [WORKFLOW] | SESSION]", Aliases: []string{"session"}, Args: cobra.MaximumNArgs(2),
		Short: "List the sessions, or show one",
		Long: "List the newest sessions, of a project or of a workflow, the newest last; or show one, by its number.\n" +
			"Of each session the newest attempt is shown; `attempts` lists all.",
		Example: "  pawl sessions shop daily\n  pawl session 12",
	}, o.show)
}

func (o *sessionsOptions) show(ctx context.Context, r Server, args []string) error {
	if len(args) == 1 && isID(args[0]) {
		s, err := r.Session(ctx, client.ID(args[0]))
		if err != nil {
			return err
		}
		return console.List(o.World.Stdout, o.OutputOptions, "", []client.Session{s}, sessionRecord)
	}
	found, err := o.find(ctx, r, args)
	if err != nil {
		return err
	}
	return newest(&o.listing, "Sessions:", found, sessionRecord)
}

func (o *sessionsOptions) find(ctx context.Context, r Server, args []string) ([]client.Session, error) {
	page, err := o.page()
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return r.Sessions(ctx, page)
	}
	p, err := r.Project(ctx, args[0])
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		return r.ProjectSessions(ctx, p.ID, "", page)
	}
	found, err := r.ProjectSessions(ctx, p.ID, args[1], page)
	if err == nil && len(found) == 0 { // a workflow of earlier revisions has some
		_, err = r.Workflow(ctx, p.ID, args[1], "")
	}
	return found, err
}

func sessionRecord(s client.Session) console.Record {
	newest := client.Attempt{
		Project: s.Project, Workflow: s.Workflow,
		SessionID: s.ID, SessionUUID: s.SessionUUID, SessionTime: s.SessionTime, SessionKey: s.SessionKey,
	}
	status := "pending"
	if s.LastAttempt != nil {
		newest.Outcome, status = *s.LastAttempt, sessionStatus(*s.LastAttempt)
	}
	return append(startedRecord(newest), "kill requested", strconv.FormatBool(newest.CancelRequested), "status", status)
}

// sessionStatus is what became of the newest attempt of a session, in a word.
func sessionStatus(a client.Outcome) string {
	switch {
	case a.Success:
		return "success"
	case a.Done:
		return "error"
	}
	return "running"
}
