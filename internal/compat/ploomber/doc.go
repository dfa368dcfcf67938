// Package ploomber holds no code but tests: whole projects that pawl and
// Ploomber build in turn, random pipelines whose builds are compared with what
// a model of them says, and builds that are killed.
//
// It must not know how any room does its work: what can't be seen in the products
// of a project and in what is said to be run belongs to the tests of that room.
package ploomber
