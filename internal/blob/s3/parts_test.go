package s3_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/pawlhq/pawl/internal/blob"
	"github.com/pawlhq/pawl/internal/blob/s3"
)

// Parts that nobody removes are kept, and paid for.
func TestPartsOfAFailedPutAreRemoved(t *testing.T) {
	t.Parallel()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	handler := gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		what := r.Method
		if r.URL.Query().Has("partNumber") {
			what += " part " + r.URL.Query().Get("partNumber")
		}
		asked = append(asked, what)
		mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	s := open(t, s3.Options{Endpoint: url, PathStyle: true, Region: "r"})
	broken := errors.New("the body failed")
	const size = 20 << 20
	body := io.MultiReader(strings.NewReader(strings.Repeat("x", size-1)), iotest.ErrReader(broken))
	if err := s.Put(t.Context(), "k", body, blob.PutOptions{Size: size}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if got, want := strings.Join(asked, ", "), "POST, PUT part 1, PUT part 2, DELETE"; got != want {
		t.Errorf("requests %s, want %s", got, want)
	}
}
