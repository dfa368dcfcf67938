// Package python runs what a project has in Python: the functions, hooks,
// serializers and clients that its pipelines name.
//
// A Host is one interpreter of the project that has started. It answers
// requests (call a function, inspect it, ask what a client is) in one process
// that keeps its modules and clients, and gives each task a process of its own,
// forked where that can be done. On the other side stands the library, which is
// embedded here: the package `ploomber` with the names that pipelines' code
// imports, and `_pawl`, which knows how requests are answered and tasks are run.
//
// The package knows no files of pipelines, no state of products and no stores:
// who calls it says what is to be run, and is told what came of it.
package python
