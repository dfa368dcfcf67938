// Package syntax reads templates: text to tokens, tokens to expressions and
// statements. What it refuses, it refuses as Jinja2 does. It also tells which
// names the statements take from outside; what they mean, it does not know.
package syntax
