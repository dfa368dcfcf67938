//go:build !unix

package process

// signalName returns nothing: there are no signals.
func signalName(int) string { return "" }
