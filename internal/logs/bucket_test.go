package logs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/file"
	"github.com/pawlhq/pawl/internal/blob/s3"
	"github.com/pawlhq/pawl/internal/logs"
	"github.com/pawlhq/pawl/internal/logs/logstest"
	"github.com/pawlhq/pawl/internal/model"
)

func TestBucketIsAStore(t *testing.T) {
	t.Parallel()
	logstest.Run(t, func(t *testing.T) logs.Store { return machine(t, bucket(t), t.TempDir()) })
}

func TestBucketWithALimitIsAStore(t *testing.T) {
	t.Parallel()
	logstest.RunLimited(t, func(t *testing.T) logs.Store {
		b, err := logs.OpenBucket(logs.BucketConfig{
			Objects: bucket(t), Spool: t.TempDir(), Limit: logs.MinLimit, Failed: func(err error) { t.Error(err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closes(t, b) })
		return b
	})
}

// bucket is one that speaks the protocol of S3.
func bucket(t *testing.T) blob.Store {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	objects, err := s3.Open(s3.Options{Endpoint: server.URL, Bucket: "bucket", AccessKeyID: "id", SecretAccessKey: "key"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = objects.Close() })
	return objects
}

// machine opens the logs in a bucket as a machine of its own, which has no
// trouble.
func machine(t *testing.T, objects blob.Store, spool string) *logs.Bucket {
	t.Helper()
	b := openBucket(t, objects, spool, func(err error) { t.Error(err) })
	t.Cleanup(func() { closes(t, b) })
	return b
}

func openBucket(t *testing.T, objects blob.Store, spool string, failed func(error)) *logs.Bucket {
	t.Helper()
	b, err := logs.OpenBucket(logs.BucketConfig{
		Objects: objects, Prefix: "/logs", Spool: spool, Direct: time.Minute, Failed: failed,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func closes(t *testing.T, c *logs.Bucket) {
	t.Helper()
	if err := c.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

func folder(t *testing.T) blob.Store {
	t.Helper()
	objects, err := file.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func reads(t *testing.T, b logs.Store, id model.TryID, want string) {
	t.Helper()
	text, err := b.Open(t.Context(), id, task, logs.Show{})
	if err != nil {
		t.Errorf("%v: %v", id, err)
		return
	}
	defer text.Close()
	if got, err := io.ReadAll(text); string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func follows(t *testing.T, from io.Reader, want string) {
	t.Helper()
	if got, err := io.ReadAll(from); string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func pass(d time.Duration) { <-time.After(d) }

// keys are those of all objects.
func keys(t *testing.T, objects blob.Store) (list []string) {
	t.Helper()
	all, err := objects.List(t.Context(), "", "", blob.MaxLimit)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		list = append(list, o.Key)
	}
	return list
}

// spooled counts the logs in a spool.
func spooled(t *testing.T, spool string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(spool, "*", "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestOthersSeeALogWhileItIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		objects := folder(t)
		here, there := machine(t, objects, t.TempDir()), machine(t, objects, t.TempDir())
		follower := there.FollowFrom(t.Context(), id, task, logs.Show{}, 0)
		defer follower.Close()
		o := &logs.Output{Store: here, ID: id, Task: task}
		say(t, o, "one\n")
		pass(6 * time.Second)
		follows(t, follower, "one\n")
		reads(t, there, id, "one\n")
		if list, err := there.List(t.Context(), id.Attempt); len(list) != 1 || err != nil {
			t.Errorf("there are %v, %v", list, err)
		}
		say(t, o, "two\n")
		reads(t, here, id, "one\ntwo\n")
		pass(8 * time.Second)
		follows(t, follower, "two\n")

		say(t, o, "three\n")
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		reads(t, there, id, "one\ntwo\nthree\n")
		last := there.FollowFrom(t.Context(), id, task, logs.Show{}, 8)
		defer last.Close()
		follows(t, last, "three\n")
		pass(3 * time.Second)
		follows(t, follower, "three\n")
		if list := keys(t, objects); len(list) != 1 || !strings.HasPrefix(list[0], "logs/7/12+daily+load.2.") {
			t.Errorf("the objects are %q", list)
		}
	})
}

func TestWritesOfThisMachineAreTold(t *testing.T) {
	t.Parallel()
	b := machine(t, folder(t), t.TempDir())
	o := &logs.Output{Store: b, ID: id, Task: task}
	defer o.Close()
	say(t, o, "one")
	if runtime.GOOS != "linux" {
		t.Skip("the system does not tell of writes")
	}
	called := make(chan struct{}, 1)
	stop, _ := b.Watch(id, task, func() {
		select {
		case called <- struct{}{}:
		default:
		}
	})
	defer stop()
	say(t, o, "two")
	<-called
}

// What does not grow is not sent again, and what is large only now and then.
func TestPartsAreFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		objects := &faulty{Store: folder(t)}
		o := &logs.Output{Store: machine(t, objects, t.TempDir()), ID: id, Task: task}
		say(t, o, "text\n")
		pass(time.Hour)
		if puts := objects.puts.Load(); puts != 1 {
			t.Errorf("a log that does not grow was sent %d times", puts)
		}
		objects.takes.Store(int64(10 * time.Second))
		for range 3600 {
			say(t, o, "text\n")
			pass(time.Second)
		}
		if puts := objects.puts.Load(); puts < 10 || puts > 30 {
			t.Errorf("a log that takes ten seconds was sent %d times in an hour", puts)
		}
		objects.takes.Store(0)
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
}

// faulty is a store that takes its time, and fails while err is set.
type faulty struct {
	blob.Store
	puts  atomic.Int32
	takes atomic.Int64 // as a time.Duration
	err   atomic.Pointer[error]
}

func (f *faulty) Put(ctx context.Context, key string, body io.Reader, options blob.PutOptions) error {
	f.puts.Add(1)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(time.Duration(f.takes.Load())):
	}
	if err := f.err.Load(); err != nil {
		return *err
	}
	return f.Store.Put(ctx, key, body, options)
}

var errBucket error = model.Errorf(model.Unavailable, "the bucket is out")

func TestTriesDoNotWaitForABucketThatFails(t *testing.T) {
	t.Parallel()
	for name, takes := range map[string]time.Duration{"at once": 0, "slowly": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				objects, spool := &faulty{Store: folder(t)}, t.TempDir()
				objects.takes.Store(int64(takes))
				objects.err.Store(&errBucket)
				var told atomic.Int32
				b := openBucket(t, objects, spool, func(err error) {
					if !errors.Is(err, errBucket) {
						t.Errorf("told of %v", err)
					}
					told.Add(1)
				})
				began := time.Now()
				for i := range 100 {
					o := &logs.Output{Store: b, ID: model.TryID{Attempt: 7, Task: model.TaskID(i), Try: 1}, Task: task}
					say(t, o, "text")
					if err := o.Close(); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took > 3*time.Second {
					t.Errorf("the tries waited for %v", took)
				}
				pass(time.Hour)
				if n := told.Load(); n < 10 || n > 100 {
					t.Errorf("it was told %d times in an hour", n)
				}
				reads(t, b, model.TryID{Attempt: 7, Task: 42, Try: 1}, "text")

				objects.err.Store(nil)
				objects.takes.Store(0)
				pass(3 * time.Minute)
				if list := keys(t, objects); len(list) != 100 || spooled(t, spool) != 0 {
					t.Errorf("%d logs were uploaded, and %d were not", len(list), spooled(t, spool))
				}
				o := &logs.Output{Store: b, ID: id, Task: task}
				say(t, o, "text")
				if err := o.Close(); err != nil || spooled(t, spool) != 0 {
					t.Errorf("the bucket is well, and a log is not in it, %v", err)
				}
				closes(t, b)
			})
		})
	}
}

func TestNextStartUploadsWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		objects, spool := &faulty{Store: folder(t)}, t.TempDir()
		objects.err.Store(&errBucket)
		first := openBucket(t, objects, spool, func(error) {})
		for i := range 3 {
			o := &logs.Output{Store: first, ID: id, Task: task}
			say(t, o, fmt.Sprintln("run", i))
			if i < 2 { // the last one is still written
				_ = o.Close()
			} else {
				defer o.Close()
			}
		}
		if err := first.Close(t.Context()); model.CodeOf(err) != model.Unavailable || !strings.Contains(err.Error(), "3 logs") {
			t.Errorf("error %v, want one that says what is left", err)
		}
		objects.err.Store(nil)
		second := openBucket(t, objects, spool, func(err error) { t.Error(err) })
		synctest.Wait()
		reads(t, machine(t, objects, t.TempDir()), id, "run 0\nrun 1\nrun 2\n")
		closes(t, second)
		if entries, err := os.ReadDir(spool); len(entries) != 0 || err != nil {
			t.Errorf("the spool has %v, %v", entries, err)
		}
	})
}

// A process that lives keeps what it writes.
func TestSpoolOfALivingProcessIsItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		objects, spool := folder(t), t.TempDir()
		first, second := machine(t, objects, spool), machine(t, objects, spool)
		o := &logs.Output{Store: first, ID: id, Task: task}
		say(t, o, "text")
		synctest.Wait()
		if n := spooled(t, spool); n != 1 {
			t.Errorf("there are %d logs in the spool", n)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		reads(t, second, id, "text")
	})
}

// A part may arrive after the whole that was sent later.
func TestLatePartDoesNotHideTheWhole(t *testing.T) {
	t.Parallel()
	objects := folder(t)
	b := machine(t, objects, t.TempDir())
	o := &logs.Output{Store: b, ID: id, Task: task}
	say(t, o, "whole")
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	whole := keys(t, objects)[0]
	part := strings.TrimSuffix(whole, ".gz") + ".part.gz"
	if err := objects.Put(t.Context(), part, strings.NewReader("late"), blob.PutOptions{Size: 4}); err != nil {
		t.Fatal(err)
	}
	reads(t, b, id, "whole")
	list, err := b.List(t.Context(), id.Attempt)
	if of, _ := objects.Stat(t.Context(), whole); len(list) != 1 || list[0].Size != of.Size || err != nil {
		t.Errorf("got %v, %v", list, err)
	}
	if err := b.Remove(t.Context(), id.Attempt); err != nil || len(keys(t, objects)) != 0 {
		t.Errorf("%v are left, %v", keys(t, objects), err)
	}
}

func TestCloseUploadsWhatThereIs(t *testing.T) {
	t.Parallel()
	objects, spool := folder(t), t.TempDir()
	b := openBucket(t, objects, spool, func(err error) { t.Error(err) })
	o := &logs.Output{Store: b, ID: id, Task: task}
	defer o.Close()
	say(t, o, "text")
	closes(t, b)
	reads(t, machine(t, objects, t.TempDir()), id, "text")
	if n := spooled(t, spool); n != 0 {
		t.Errorf("%d logs are left", n)
	}
}

// A try may run again on another machine; what the first one has printed last
// comes before that.
func TestFollowerGoesFromMachineToMachine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		objects := folder(t)
		here, there := machine(t, objects, t.TempDir()), machine(t, objects, t.TempDir())
		follower := there.FollowFrom(t.Context(), id, task, logs.Show{}, 0)
		defer follower.Close()
		first, second := &logs.Output{Store: here, ID: id, Task: task}, &logs.Output{Store: there, ID: id, Task: task}
		say(t, first, "one\n")
		pass(6 * time.Second)
		follows(t, follower, "one\n")
		say(t, first, "two\n")
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		say(t, second, "three\n")
		follows(t, follower, "two\nthree\n")
		if err := second.Close(); err != nil {
			t.Fatal(err)
		}
		follows(t, follower, "")
		reads(t, here, id, "one\ntwo\nthree\n")
	})
}
