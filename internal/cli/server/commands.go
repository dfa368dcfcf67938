// Package server has the commands that serve, and those that look after what a
// server keeps: settings, database, keys and tokens.
package server

import "github.com/pawlhq/pawl/internal/cli/console"

// Commands are those that serve, or look after what a server keeps.
var Commands = []console.Command{
	{Name: "server", Make: newServer}, {Name: "scheduler", Make: newScheduler}, {Name: "worker", Make: newWorker}, {Name: "try", Make: newTry}, {Name: "doctor", Make: newDoctor}, {Name: "migrate", Make: newMigrate}, {Name: "config", Make: newConfig},
	{Name: "tokens", Make: newTokens}, {Name: "prune", Make: newPrune}, {Name: "password", Make: newPassword}, {Name: "keys", Make: newKeys},
}
