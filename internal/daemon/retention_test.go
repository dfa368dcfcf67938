package daemon_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/daemon"
	"github.com/pawlhq/pawl/internal/service"
	"github.com/pawlhq/pawl/internal/store"
)

// shed keeps archives, and deletes them as it is told.
type shed struct {
	blob.Store
	deleting func(context.Context) error
	site     *site
}

func (s *shed) Delete(ctx context.Context, key string) error {
	if err := s.deleting(ctx); err != nil {
		return err
	}
	return s.Store.Delete(ctx, key)
}

// count returns how many archives there are.
func (s *shed) count(t *testing.T) int {
	t.Helper()
	list, err := s.List(t.Context(), "", "", blob.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// plain is the files of a project.
var plain = map[string]string{"w.dig": "+a: {echo>: a}"}

// newShed returns a site that keeps archives in a shed.
func newShed(t *testing.T, deleting func(context.Context) error) (*shed, *site) {
	t.Helper()
	files, err := file.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	archives := &shed{files, deleting, s}
	t.Cleanup(func() {
		if err := archives.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Service = archives.service(s.store)
	return archives, s
}

func (s *shed) service(of store.Store) *service.Service {
	return service.New(service.Config{
		Store: of, NewUUID: uuid.NewString, TempDir: s.site.TempDir(),
		Archives: service.Archives{Type: "shed", Stores: map[string]service.ArchiveStore{"shed": {Store: s}}},
	})
}

func (*shed) retaining(c *daemon.Config) {
	c.NoConductor, c.NoScheduler, c.Retention = true, true, store.Retention{Projects: time.Hour}
}

// forget starts a daemon that is to delete a project with one archive.
func forget(t *testing.T, deleting func(context.Context) error) (*daemon.Daemon, *shed) {
	t.Helper()
	archives, s := newShed(t, deleting)
	s.push("r", plain)
	p, err := s.store.ProjectNamed(t.Context(), "p")
	if err == nil {
		_, err = s.DeleteProject(t.Context(), p.ID)
	}
	if n := archives.count(t); err != nil || n != 1 {
		t.Fatalf("%d archives, error %v", n, err)
	}
	<-time.After(2 * time.Hour)
	return s.work(archives.retaining), archives
}

func TestAnArchiveThatCouldNotBeRemovedIsRemovedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failures := 2
		_, archives := forget(t, func(context.Context) error {
			if failures--; failures >= 0 {
				return errors.New("away")
			}
			return nil
		})
		<-time.After(90 * time.Minute)
		if n := archives.count(t); n != 1 {
			t.Errorf("after two failures there are %d archives", n)
		}
		<-time.After(time.Hour)
		if n := archives.count(t); n != 0 {
			t.Errorf("later there are %d archives", n)
		}
	})
}

// What a server was about to remove when it ended, another does.
func TestAnArchiveIsRemovedByTheNextServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := make(chan struct{}, 1)
		var ended bool
		d, archives := forget(t, func(ctx context.Context) error {
			if ended {
				return nil
			}
			began <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		})
		select {
		case <-began:
		case <-time.After(5 * time.Hour):
			t.Fatal("no archive is removed")
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if n := archives.count(t); n != 1 {
			t.Errorf("after the first there are %d archives", n)
		}
		ended = true
		archives.site.work(archives.retaining)
		synctest.Wait()
		if n := archives.count(t); n != 0 {
			t.Errorf("after the next there are %d archives", n)
		}
	})
}

// dies is a store that can't be reached when a revision comes.
type dies struct{ store.Store }

func (dies) Push(context.Context, store.Push) (store.Project, error) {
	return store.Project{}, errors.New("the process is killed")
}

func TestAnArchiveWhoseRevisionNeverCameIsRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		archives, s := newShed(t, func(context.Context) error { return nil })
		s.Service = archives.service(dies{s.store})
		if err := s.tryPush("r", plain); err == nil {
			t.Fatal("the push did not die")
		}
		s.Service = archives.service(s.store)
		s.push("s", plain)
		s.work(archives.retaining)
		for after, want := range []int{2, 2, 1, 1} {
			if n := archives.count(t); n != want {
				t.Errorf("after %d times 13 hours there are %d archives, want %d", after, n, want)
			}
			<-time.After(13 * time.Hour)
		}
		p, err := s.store.ProjectNamed(t.Context(), "p")
		if err != nil {
			t.Fatal(err)
		}
		body, err := s.OpenArchive(t.Context(), p.Latest)
		if err != nil {
			t.Fatalf("the archive that is needed: %v", err)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	})
}
