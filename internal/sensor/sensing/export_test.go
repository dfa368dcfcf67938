package sensing

const AtOnce = atOnce

// Busy counts the evaluations that have not ended.
func Busy(l *Loop) int { return len(l.evaluated()) }
