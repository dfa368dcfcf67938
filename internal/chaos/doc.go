// Package chaos holds no code but tests: real processes on a real database,
// which are killed, cut off and started again while clients ask for work, and
// databases as a power cut may leave them. Afterwards what the clients were
// told, what the store says and what the tasks did must agree.
//
// It must not know how any room does its work: the programs are those that
// users run, and what is checked is what is promised to them.
package chaos
