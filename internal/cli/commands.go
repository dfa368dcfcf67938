package cli

import "github.com/spf13/cobra"

// maker makes the command of that name.
type maker struct {
	name string
	make func(IO) *cobra.Command
}

// commands are all there are, but help.
var commands = [...]maker{
	{"run", newRun}, {"build", newBuild}, {"status", newStatus}, {"task", newTask}, {"nb", newNb},
	{"scaffold", newScaffold}, {"install", newInstall}, {"interact", newInteract}, {"python", newPython}, {"describe", newDescribe}, {"examples", newExamples},
	{"init", newInit}, {"check", newCheck}, {"plan", newPlan}, {"plot", newPlot}, {"report", newReport}, {"secrets", newSecrets},
	{"server", newServer}, {"scheduler", newScheduler}, {"worker", newWorker}, {"doctor", newDoctor},
	{"migrate", newMigrate}, {"config", newConfig}, {"tokens", newTokens}, {"password", newPassword}, {"keys", newKeys},
	{"push", remotely(newPush)}, {"archive", remotely(newArchive)}, {"download", remotely(newDownload)}, {"delete", remotely(newDelete)},
	{"upload", newUpload}, {"projects", remotely(newProjects)}, {"workflows", remotely(newWorkflows)},
	{"start", remotely(newStart)}, {"retry", remotely(newRetry)}, {"kill", remotely(newKill)},
	{"sessions", remotely(newSessions)}, {"attempts", remotely(newAttempts)}, {"attempt", remotely(newAttempt)},
	{"tasks", remotely(newTasks)}, {"log", remotely(newLog)},
	{"schedules", remotely(newSchedules)}, {"backfill", remotely(newBackfill)}, {"reschedule", remotely(newReschedule)},
	{"enable", remotely(newEnable)}, {"disable", remotely(newDisable)}, {"audit", remotely(newAudit)},
	{"signal", remotely(newSignal)}, {"waiting", remotely(newWaiting)}, {"letters", remotely(newLetters)}, {"outbox", remotely(newOutbox)},
	{"completion", newCompletion}, {"version", newVersion}, {"selfupdate", newSelfUpdate},
}

// remotely makes a command whose arguments name what is on a server.
func remotely(of func(IO) *cobra.Command) func(IO) *cobra.Command {
	return func(world IO) *cobra.Command {
		c := of(world)
		c.ValidArgsFunction = cobra.NoFileCompletions
		return c
	}
}

// commandsFor returns what a command line needs: making all commands takes
// longer than most of them do.
func commandsFor(args []string) []maker {
	for i := range commands {
		if len(args) > 0 && commands[i].name == args[0] {
			return commands[i : i+1]
		}
	}
	return commands[:]
}

// addCommands gives root the commands that args need.
func addCommands(root *cobra.Command, world IO, args []string) {
	for _, of := range commandsFor(args) {
		c := of.make(world)
		wrapArgs(c)
		if o := entryFlag(c); o != nil {
			o.factoryFlags(c, world, args)
			o.attended(c)
		}
		root.AddCommand(c)
	}
}
