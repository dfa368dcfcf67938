package main

import (
	"fmt"
	"slices"
)

// series is what a figure was, run by run.
type series struct {
	unit   string
	values []float64
}

// report is what was measured, by the name of the figure.
type report struct {
	say     func(format string, args ...any)
	figures map[string]*series
}

func (r *report) add(name, unit string, value float64) {
	s := r.figures[name]
	if s == nil {
		s = &series{unit: unit}
		r.figures[name] = s
	}
	s.values = append(s.values, value)
}

func (r *report) printFigure(name string) {
	s := r.figures[name]
	low, mid, high := spread(s.values)
	r.say("figure %s %s %s min=%s max=%s runs=%d\n", name, short(mid), s.unit, short(low), short(high), len(s.values))
}

func (r *report) printRatio(name, other string) {
	low, mid, high := spread(r.ratios(name, other))
	r.say("ratio %s/%s %.3g min=%.3g max=%.3g\n", name, other, mid, low, high)
}

// ratios returns those of two figures, run by run.
func (r *report) ratios(name, other string) []float64 {
	a, b := r.figures[name].values, r.figures[other].values
	ratios := make([]float64, min(len(a), len(b)))
	for i := range ratios {
		ratios[i] = a[i] / b[i]
	}
	return ratios
}

// short writes a number with four digits, or more where it is large.
func short(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

func spread(values []float64) (low, mid, high float64) {
	v := slices.Sorted(slices.Values(values))
	return v[0], v[len(v)/2], v[len(v)-1]
}

// aim is what a figure is to reach.
type aim struct {
	figure string
	// to is the figure of a peer or limit, where the ratio to it is meant.
	to          string
	least, most float64 // one of them is set
}

func atLeast(figure string, least float64) aim { return aim{figure: figure, least: least} }
func atMost(figure string, most float64) aim   { return aim{figure: figure, most: most} }

// of makes it an aim for the ratio to another figure.
func (a aim) of(other string) aim {
	a.to = other
	return a
}

// print prints a table of the aims whose figures were measured. A quick run
// says nothing about them.
func (r *report) print(aims []aim, quick bool) {
	aims = slices.DeleteFunc(slices.Clone(aims), func(a aim) bool {
		return r.figures[a.figure] == nil || a.to != "" && r.figures[a.to] == nil // as that of a peer that is not here
	})
	if len(aims) == 0 {
		return
	}
	r.say("\n| figure | median | peer or limit | median | ratio | target | |\n|---|---|---|---|---|---|---|\n")
	for _, a := range aims {
		cell, other, ratio := r.cell(a.figure), "", ""
		value := r.value(a)
		if a.to != "" {
			other, ratio = r.cell(a.to), fmt.Sprintf("%.3g", value)
		}
		r.say("| %s | %s | %s | %s | %s | %s | %s |\n", a.figure, cell, a.to, other, ratio, a.target(), a.verdict(value, quick))
	}
	r.say("\n")
}

// value is what is held against an aim.
func (r *report) value(a aim) float64 {
	values := r.figures[a.figure].values
	if a.to != "" {
		values = r.ratios(a.figure, a.to)
	}
	_, mid, _ := spread(values)
	return mid
}

func (r *report) cell(name string) string {
	_, mid, _ := spread(r.figures[name].values)
	return short(mid) + " " + r.figures[name].unit
}

func (a aim) target() string {
	if a.least != 0 {
		return "at least " + short(a.least)
	}
	return "at most " + short(a.most)
}

func (a aim) verdict(value float64, quick bool) string {
	switch {
	case quick:
		return ""
	case a.least != 0 && value >= a.least, a.least == 0 && value <= a.most:
		return "met"
	}
	return "missed"
}
