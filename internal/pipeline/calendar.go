package pipeline

import (
	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/schedule"
)

// calendar reads when a server is to run the pipeline. The section is that of
// .dig files and is read in their dialect, in which 10:00:00 is no number.
func (l *loader) calendar() {
	if l.pipeline.File == "" || len(l.errs) > 0 {
		return
	}
	text, err := l.files.read(l.pipeline.File)
	if err != nil {
		l.fail(fileError(l.pipeline.File, err))
		return
	}
	doc, err := document.Format{Scalars: document.Digdag}.Parse(l.pipeline.File, []byte(text))
	if err != nil {
		l.take(document.Of(nil), err)
		return
	}
	doc = doc.Replace(func(scalar *document.Node) (params.Value, bool) {
		text, ok := scalar.Text()
		if !ok || !templated(text) {
			return nil, false
		}
		return l.render(scalar, text), true
	})
	zone, rest := without(doc.Entries(), "timezone")
	section, _ := without(rest, "schedule")
	p := l.pipeline
	if zone != nil && !zone.Value.IsNull() {
		p.Zone, _ = l.text(zone.Value, "timezone")
		if _, err := schedule.ParseZone(p.Zone); err != nil {
			l.fail(zone.Value.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
			return
		}
	}
	if section == nil || section.Value.IsNull() {
		return
	}
	if section.Value.Kind() != document.Mapping {
		l.fail(section.Value.Errorf("schedule must be a mapping such as {daily>: 07:00:00}, not %s", section.Value.What()))
		return
	}
	p.Schedule = section.Value.Map()
	if _, err := schedule.NewCalendar(p.Zone, p.Schedule); err != nil {
		l.fail(section.Errorf("%v", err).Hint("%s", model.HintsOf(err)))
	}
}
