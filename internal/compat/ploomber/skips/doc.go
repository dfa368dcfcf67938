// Package skips holds no code but tests: whole builds of random pipelines, in
// this process and with real files, whose every skip is held against what a
// clean build makes. Only what tasks do is not real: a few lines stand in for
// the Python of a project.
//
// What should be there and what should have run is said by a model that knows
// none of the rooms; see model_test.go.
package skips
