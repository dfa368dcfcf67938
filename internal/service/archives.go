package service

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/project"
	"github.com/pawlhq/pawl/internal/store"
)

// Archives says where the archives of revisions are kept.
type Archives struct {
	// Type is where new ones go: store.InStore, which is the default, or a key
	// of Stores.
	Type string
	// Stores are the object stores by type. Those of earlier types keep the
	// archives of their revisions readable.
	Stores map[string]ArchiveStore
}

// ArchiveStore is an object store for archives.
type ArchiveStore struct {
	blob.Store
	// Prefix begins the keys of new archives.
	Prefix string
	// Direct lets clients fetch archives from the store itself, with a URL
	// that is good for that long. Zero does not.
	Direct time.Duration
}

// kept is an archive that is where new ones go, and what it is noted as until
// its revision is stored.
type kept struct {
	store.Archive
	orphan store.OrphanID
}

// keep puts an archive where new ones go, unless that is the store itself.
func (s *Service) keep(ctx context.Context, p Push, body []byte) (k kept, err error) {
	md5, err := project.SumMD5(bytes.NewReader(body))
	if err != nil {
		return k, err
	}
	k.Archive = store.Archive{Type: s.cfg.Archives.Type, MD5: md5[:], Size: int64(len(body))}
	if !k.Beside() {
		return k, nil
	}
	to, err := s.archives(k.Type)
	if err != nil {
		return k, err
	}
	k.Path = project.ArchiveKey(to.Prefix, 0, p.Project, p.Revision, uuid.New())
	if k.orphan, err = s.cfg.Store.AddOrphan(ctx, k.Archive, model.InstantOf(s.now())); err != nil {
		return k, err
	}
	err = to.Put(ctx, k.Path, bytes.NewReader(body), blob.PutOptions{Size: k.Size, IfAbsent: true, ContentType: "application/gzip"})
	return k, err
}

// discard removes an archive that no revision has.
func (s *Service) discard(ctx context.Context, k kept) error {
	if k.orphan == 0 {
		return nil
	}
	return s.RemoveArchive(ctx, store.Orphan{ID: k.orphan, Archive: k.Archive})
}

// RemoveArchive removes an archive that no revision has from where it is kept,
// and then forgets it.
func (s *Service) RemoveArchive(ctx context.Context, o store.Orphan) error {
	from, err := s.archives(o.Archive.Type)
	if err != nil {
		return err
	}
	if err := from.Delete(ctx, o.Archive.Path); err != nil {
		return err
	}
	return s.cfg.Store.DropOrphans(ctx, []store.OrphanID{o.ID})
}

func (s *Service) archives(kind string) (ArchiveStore, error) {
	from, ok := s.cfg.Archives.Stores[kind]
	if !ok {
		return from, model.Errorf(model.Internal, "archives of type %q are not configured", kind).
			WithHint("set archive.type, and the settings of archive.%s", kind)
	}
	return from, nil
}

// OpenArchive opens the archive of a revision; the caller closes it. A
// revision without one is NotFound.
func (s *Service) OpenArchive(ctx context.Context, r store.Revision) (io.ReadCloser, error) {
	switch r.Archive.Type {
	case store.NoArchive:
		return nil, model.Errorf(model.NotFound, "revision %q has no archive", r.Name)
	case store.InStore:
		body, err := s.cfg.Store.ArchiveBytes(ctx, r.ID)
		return io.NopCloser(bytes.NewReader(body)), err
	}
	from, err := s.archives(r.Archive.Type)
	if err != nil {
		return nil, err
	}
	body, _, err := from.Get(ctx, r.Archive.Path)
	return body, err
}

// ArchiveURL returns where a client may fetch the archive of a revision by
// itself, or "".
func (s *Service) ArchiveURL(ctx context.Context, r store.Revision) (string, error) {
	from := s.cfg.Archives.Stores[r.Archive.Type]
	if from.Store == nil || from.Direct == 0 {
		return "", nil
	}
	return from.SignGet(ctx, r.Archive.Path, from.Direct)
}
