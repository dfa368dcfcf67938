// Package compat holds no code but tests: whole workflows in the language of
// Digdag, run by an instance in memory, with what becomes of their tasks. Each
// file in testdata is one behaviour; the examples of the documentation are run
// the same way.
//
// It must not know how any room does its work: what it can't see in the result
// of a run belongs to the tests of that room.
package compat
