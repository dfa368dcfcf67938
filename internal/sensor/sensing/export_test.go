package sensing

// Busy counts the evaluations that have not ended.
func Busy(l *Loop) int { return len(l.evaluated()) }
