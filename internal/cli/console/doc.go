// Package console is what all commands share: the world that they work in, the
// options of their configuration and log, how they print and fail, and their help.
// It knows no command.
package console
