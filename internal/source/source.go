// Package source is the floor for rooms that read source code: python,
// notebook and sql. They are pure: text in, values out.
//
// None of them reads files, runs code or knows what a pipeline is. Each answers
// from the text alone what a pipeline has to know of it: which other tasks it
// asks for, what of it counts as a change, where its parameters go.
package source
