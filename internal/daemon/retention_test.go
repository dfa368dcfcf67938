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

// forget starts a daemon that is to delete a project with one archive.
func forget(t *testing.T, deleting func(context.Context) error) (*daemon.Daemon, *shed) {
	t.Helper()
	files, err := file.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	archives := &shed{files, deleting}
	t.Cleanup(func() {
		if err := archives.Close(); err != nil {
			t.Error(err)
		}
	})
	s := newSite(t)
	s.Service = service.New(service.Config{
		Store: s.store, NewUUID: uuid.NewString, TempDir: t.TempDir(),
		Archives: service.Archives{Type: "shed", Stores: map[string]service.ArchiveStore{"shed": {Store: archives}}},
	})
	s.push("r", map[string]string{"w.dig": "+a: {echo>: a}"})
	p, err := s.store.ProjectNamed(t.Context(), "p")
	if err == nil {
		_, err = s.DeleteProject(t.Context(), p.ID)
	}
	if n := archives.count(t); err != nil || n != 1 {
		t.Fatalf("%d archives, error %v", n, err)
	}
	<-time.After(2 * time.Hour)
	return s.work(func(c *daemon.Config) {
		c.NoConductor, c.NoScheduler, c.Retention = true, true, store.Retention{Projects: time.Hour}
	}), archives
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

func TestTheEndWaitsUntilArchivesAreRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := make(chan struct{})
		d, archives := forget(t, func(ctx context.Context) error {
			close(began)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
				return nil
			}
		})
		<-began
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if n := archives.count(t); n != 0 {
			t.Errorf("there are %d archives", n)
		}
	})
}
