package tables

// Questions are what the starts of a transaction ask, in columns. Where many in
// a row ask the same, it is asked once.
type Questions struct {
	// Projects, Workflows, Keys and Names are those of attempts, in rows.
	Projects               []int64
	Workflows, Keys, Names []string
	Hashes                 [][]byte
	Epochs                 []int64
	Startable              []int64 // stored workflows
	Afters                 []int64 // sessions
	Schedules              []int64
	// Most is how far unfinished attempts are to be counted.
	Most int
}

// Ask returns what intakes ask.
func Ask(intakes []*Intake) *Questions {
	q := &Questions{}
	for _, in := range intakes {
		q.add(in)
	}
	return q
}

func (q *Questions) add(in *Intake) {
	for _, id := range in.Schedules {
		q.Schedules = append(q.Schedules, int64(id))
	}
	for _, s := range in.Starts {
		q.Projects = append(q.Projects, int64(s.Session.Project))
		q.Workflows = append(q.Workflows, s.Session.Workflow)
		q.Keys = append(q.Keys, s.Session.Key)
		q.Names = append(q.Names, s.Name)
		q.Hashes = appendNew(q.Hashes, s.Hash[:], func(a, b []byte) bool { return string(a) == string(b) })
		q.Most = max(q.Most, s.MaxRunning)
		if s.Owner != "" {
			q.Epochs = appendNew(q.Epochs, s.Epoch, equal)
		}
		if s.Workflow != 0 {
			q.Startable = appendNew(q.Startable, int64(s.Workflow), equal)
		}
		if s.After != 0 {
			q.Afters = appendNew(q.Afters, int64(s.After), equal)
		}
	}
}

func equal(a, b int64) bool { return a == b }

// appendNew leaves out what came before in the same row of starts.
func appendNew[V any](list []V, v V, same func(a, b V) bool) []V {
	if n := len(list); n > 0 && same(list[n-1], v) {
		return list
	}
	return append(list, v)
}

// Formers are the sessions that the next of a chain comes after, of those that
// were found: whether they have an unfinished attempt is still to be asked.
func (l *Ledger) Formers(intakes []*Intake) (formers []int64) {
	for _, in := range intakes {
		for i, s := range in.Starts {
			if !s.AfterFormer || i == 0 {
				continue
			}
			if former := l.sessions[keyOf(&in.Starts[i-1].Session)]; former != nil {
				formers = append(formers, int64(former.ID))
			}
		}
	}
	return formers
}
