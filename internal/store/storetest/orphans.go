package storetest

import (
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

// archiveAt describes an archive in a bucket.
func archiveAt(path string) store.Archive {
	return store.Archive{Type: "s3", Path: path, MD5: []byte{1, 2}, Size: 7}
}

func (f *fixture) orphan(path string, at model.Instant) store.OrphanID {
	f.Helper()
	id, err := f.store.AddOrphan(ctx, archiveAt(path), at)
	if err != nil || id == 0 {
		f.Fatalf("AddOrphan(%s): %d, %v", path, id, err)
	}
	return id
}

// wantOrphans checks which archives are to be removed, in pages of one.
func (f *fixture) wantOrphans(before model.Instant, want ...string) (list []store.Orphan) {
	f.Helper()
	var paths []string
	for after := store.OrphanID(0); ; {
		page, err := f.store.Orphans(ctx, before, after, 1)
		if err != nil {
			f.Fatalf("Orphans: %v", err)
		}
		if len(page) != 1 {
			f.same("orphans", paths, want)
			return list
		}
		f.same("archive", page[0].Archive, archiveAt(page[0].Archive.Path))
		list, paths, after = append(list, page...), append(paths, page[0].Archive.Path), page[0].ID
	}
}

func (f *fixture) dropOrphans(list []store.Orphan) {
	f.Helper()
	var ids []store.OrphanID
	for _, o := range list {
		ids = append(ids, o.ID)
	}
	if err := f.store.DropOrphans(ctx, ids); err != nil {
		f.Fatalf("DropOrphans: %v", err)
	}
}

// pushOf describes a revision whose archive is in a bucket.
func (f *fixture) pushOf(project, revision, path string, id store.OrphanID) store.Push {
	p := f.push(project, revision, "w")
	p.Revision.Archive, p.Bytes, p.Orphan = archiveAt(path), nil, id
	return p
}

// These tests are about archives in other places that no revision has.
var orphanTests = []test{
	{"an archive that never got a revision is removed once it is old", func(f *fixture) {
		f.orphan("a", now)
		f.orphan("b", now+1)
		f.wantOrphans(now)
		f.dropOrphans(f.wantOrphans(now+1, "a"))
		f.wantOrphans(now + 1)
		f.wantOrphans(now+2, "b")
		f.wantOrphans(now, "b") // what is to be removed stays so
	}},
	{"an archive that got a revision is none of them", func(f *fixture) {
		p := f.pushed(f.pushOf("p", "r1", "a", f.orphan("a", now)))
		f.same("archive", f.revision(p.ID, "r1").Archive, archiveAt("a"))
		p = f.pushed(f.pushOf("p", "r2", "b", f.orphan("b", now)))
		f.wantProject(p)
		f.wantOrphans(now + 9)
	}},
	{"an archive that is to be removed gets no revision", func(f *fixture) {
		f.pushed(f.push("p", "r1", "w"))
		id := f.orphan("a", now)
		f.wantOrphans(now+1, "a")
		for range 2 {
			for _, name := range []string{"p", "new"} {
				_, err := f.store.Push(ctx, f.pushOf(name, "r2", "a", id))
				f.wantCode("Push", err, model.Unavailable)
			}
			f.dropOrphans(f.wantOrphans(now+1, "a"))
			id = f.orphan("a", now)
			f.wantOrphans(now+1, "a")
		}
		f.same("latest", f.project(1).Latest.Name, "r1")
		_, err := f.store.ProjectNamed(ctx, "new")
		f.wantCode("ProjectNamed", err, model.NotFound)
	}},
	{"a push that is refused takes no archive", func(f *fixture) {
		f.pushed(f.push("p", "r", "w"))
		_, err := f.store.Push(ctx, f.pushOf("p", "r", "a", f.orphan("a", now)))
		f.wantCode("Push", err, model.Conflict)
		f.wantOrphans(now+1, "a")
	}},
	{"the archives of pruned revisions are to be removed", func(f *fixture) {
		f.pushed(f.pushOf("q", "a", "c", 0))
		for _, r := range []string{"a", "b"} {
			f.pushed(f.pushOf("p", r, r, 0))
		}
		f.pushed(f.push("p", "r", "w"))
		f.deletedAt(2, old)
		f.wantOrphans(now)
		f.same("revisions", len(f.prune(forgetProjects, 2).Revisions), 3)
		f.wantNoProject(2, []model.RevisionID{2, 3, 4}, 2, 3, 4)
		f.dropOrphans(f.wantOrphans(now, "a", "b"))
		f.wantOrphans(now)
		f.same("of others", f.revision(1, "a").Archive, archiveAt("c"))
	}},
	{"only orphans are dropped", func(f *fixture) {
		p := f.pushed(f.push("p", "r", "w"))
		if err := f.store.DropOrphans(ctx, []store.OrphanID{store.OrphanID(p.Latest.ID), 99}); err != nil {
			f.Fatal(err)
		}
		f.wantProject(p)
	}},
	{"orphans are no revisions", func(f *fixture) {
		f.orphan("a", now)
		list, _, err := f.store.ListRevisions(ctx, 0, store.Page{})
		f.same("revisions", list, []store.Revision(nil))
		if err != nil {
			f.Fatal(err)
		}
		_, err = f.store.Revision(ctx, 0, "a")
		f.wantCode("Revision", err, model.NotFound)
	}},
}
