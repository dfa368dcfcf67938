// Package remote has the commands that talk to a server, and how they do. It knows
// nothing of how a server works.
package remote

import (
	"github.com/spf13/cobra"

	"github.com/pawlhq/pawl/internal/cli/console"
)

// Commands are those that talk to a server.
var Commands = []console.Command{
	{Name: "secrets", Make: newSecrets}, {Name: "push", Make: remotely(newPush)}, {Name: "archive", Make: remotely(newArchive)}, {Name: "download", Make: remotely(newDownload)},
	{Name: "delete", Make: remotely(newDelete)}, {Name: "upload", Make: newUpload}, {Name: "projects", Make: remotely(newProjects)}, {Name: "workflows", Make: remotely(newWorkflows)},
	{Name: "start", Make: remotely(newStart)}, {Name: "retry", Make: remotely(newRetry)}, {Name: "kill", Make: remotely(newKill)}, {Name: "queue", Make: newQueue}, {Name: "pools", Make: remotely(newPools)}, {Name: "tag", Make: remotely(newTag)}, {Name: "skip", Make: remotely(newSkip)},
	{Name: "edit", Make: remotely(newEdit)}, {Name: "history", Make: remotely(newHistory)}, {Name: "events", Make: remotely(newEvents)}, {Name: "reporters", Make: remotely(newReporters)}, {Name: "digest", Make: remotely(newDigest)}, {Name: "products", Make: remotely(newProducts)}, {Name: "expectations", Make: remotely(newExpectations)}, {Name: "forget", Make: remotely(newForget)}, {Name: "sessions", Make: remotely(newSessions)},
	{Name: "attempts", Make: remotely(newAttempts)}, {Name: "attempt", Make: remotely(newAttempt)}, {Name: "diff", Make: remotely(newDiff)}, {Name: "tasks", Make: remotely(newTasks)}, {Name: "items", Make: remotely(newItems)}, {Name: "log", Make: remotely(newLog)},
	{Name: "schedules", Make: remotely(newSchedules)}, {Name: "backfill", Make: remotely(newBackfill)}, {Name: "backfills", Make: remotely(newBackfills)}, {Name: "reschedule", Make: remotely(newReschedule)},
	{Name: "sensors", Make: remotely(newSensors)}, {Name: "enable", Make: remotely(newEnable)}, {Name: "disable", Make: remotely(newDisable)}, {Name: "ticks", Make: remotely(newTicks)}, {Name: "audit", Make: remotely(newAudit)}, {Name: "signal", Make: remotely(newSignal)},
	{Name: "waiting", Make: remotely(newWaiting)}, {Name: "letters", Make: remotely(newLetters)}, {Name: "outbox", Make: remotely(newOutbox)}, {Name: "version", Make: newVersion},
	{Name: "selfupdate", Make: newSelfUpdate},
}

// remotely makes a command whose arguments name what is on a server.
func remotely(of func(console.IO) *cobra.Command) func(console.IO) *cobra.Command {
	return func(world console.IO) *cobra.Command {
		c := of(world)
		c.ValidArgsFunction = cobra.NoFileCompletions
		return c
	}
}
