package service_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
	"github.com/pawlhq/pawl/internal/store/memory"
)

func TestAProjectFollowsAFolder(t *testing.T) {
	t.Parallel()
	st := memory.New()
	s := service.New(service.Config{Store: st, NewUUID: uuid.NewString})
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	follow := func(want string) {
		t.Helper()
		if got, err := s.Follow(t.Context(), "p", dir); err != nil || got != want {
			t.Errorf("the new revision is %q, error %v, want %q", got, err, want)
		}
	}
	write("a.dig", "schedule:\n  daily>: 01:00:00\n+t:\n  echo>: 1\n")
	follow("1")
	follow("")
	write("data.txt", "no workflow")
	follow("")
	write("b.dig", "+t:\n  echo>: 2\n")
	follow("2")
	write("b.dig", "timezone: Asia/Tokyo\n+t:\n  echo>: 2\n")
	follow("3")

	write("b.dig", "+t: [\n")
	if got, err := s.Follow(t.Context(), "p", dir); model.CodeOf(err) != model.Invalid {
		t.Errorf("a broken file made revision %q, error %v", got, err)
	}
	p, err := st.ProjectNamed(t.Context(), "p")
	if err != nil || p.Latest.Name != "3" {
		t.Errorf("the newest revision is %q, error %v", p.Latest.Name, err)
	}
	list, _, err := st.ListSchedules(t.Context(), store.ScheduleFilter{}, store.Page{})
	if err != nil || len(list) != 1 || list[0].WorkflowName != "a" {
		t.Errorf("schedules %+v, error %v", list, err)
	}
}

func TestAProjectThatWasPushedFollowsNoFolder(t *testing.T) {
	t.Parallel()
	st := memory.New()
	s := service.New(service.Config{Store: st, NewUUID: uuid.NewString})
	if _, err := st.Push(t.Context(), store.Push{Project: "p", Revision: store.Revision{Name: "mine"}}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.dig"), []byte("+t:\n  echo>: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Follow(t.Context(), "p", dir); model.CodeOf(err) != model.Conflict {
		t.Errorf("error %v, want a conflict", err)
	}
}
