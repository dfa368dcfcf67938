//go:build unix

package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/runner"
	"github.com/pawlhq/pawl/runnerplugin"
)

// opened opens the launcher of a cluster in this process.
func opened(t *testing.T, settings map[string]string) runnerplugin.Launcher {
	t.Helper()
	l, err := open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func order(script string) runner.Order {
	return runner.Order{Name: "pawl-x-1-2-3", Task: "+a", Command: []string{"sh", "-c", script}, Input: []byte("input")}
}

// What a cluster answers to a new Job that it does not take, as it does.
func TestJobsThatTheClusterDoesNotTake(t *testing.T) {
	t.Parallel()
	for says, c := range map[string]struct {
		status string
		code   model.Code
	}{
		`jobs.batch is forbidden: User "system:serviceaccount:a:b" cannot create`: {`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"jobs.batch is forbidden: User \"system:serviceaccount:a:b\" cannot create resource \"jobs\" in API group \"batch\" in the namespace \"team-a\"","reason":"Forbidden","details":{"group":"batch","kind":"jobs"},"code":403}`, model.Forbidden},
		`exceeded quota: jobs`:               {`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"jobs.batch \"pawl-x-1-2-3\" is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1, used: count/jobs.batch=5, limited: count/jobs.batch=5","reason":"Forbidden","details":{"name":"pawl-x-1-2-3","group":"batch","kind":"jobs"},"code":403}`, model.Unavailable},
		`Unauthorized`:                       {`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}`, model.Forbidden},
		`must be less than or equal to cpu`:  {`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Job.batch \"pawl-x-1-2-3\" is invalid: spec.template.spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1","reason":"Invalid","details":{"name":"pawl-x-1-2-3","group":"batch","kind":"Job"},"code":422}`, model.Invalid},
		`namespaces "team-a" not found`:      {`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"namespaces \"team-a\" not found","reason":"NotFound","details":{"name":"team-a","kind":"namespaces"},"code":404}`, model.Invalid},
		`the storage of the cluster is away`: {`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the storage of the cluster is away","reason":"InternalError","code":500}`, model.Unavailable},
		`please apply your changes to the`:   {`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"please apply your changes to the latest version","reason":"Conflict","code":409}`, model.Unavailable},
	} {
		server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			var code int
			if _, err := fmt.Sscanf(c.status[strings.LastIndex(c.status, `"code":`):], `"code":%d`, &code); err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			_, _ = fmt.Fprint(w, c.status) // to a client that waits
		})
		err := opened(t, server).Launch(t.Context(), order("true"))
		if err == nil || model.CodeOf(err) != c.code || !strings.Contains(err.Error(), says) {
			t.Errorf("code %v, error %v; want %v, %s", model.CodeOf(err), err, c.code, says)
		}
	}
}

// A cluster that has too much to do says when it may be asked again.
func TestAClusterThatIsBusy(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	var asked atomic.Int32
	c.fault = func(r *http.Request) *apierrors.StatusError {
		if r.Method == http.MethodPost && asked.Add(1) == 1 {
			return apierrors.NewTooManyRequests("the server has received too many requests", 1)
		}
		return nil
	}
	began := time.Now()
	l := opened(t, c.settings())
	if err := l.Launch(t.Context(), order("true")); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < time.Second || asked.Load() != 3 { // twice the Job, once the Secret
		t.Errorf("asked %d times in %v", asked.Load(), took)
	}
}

// A list that the cluster no longer has in pieces is asked for as a whole.
func TestListsThatAreCutShort(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	l := opened(t, c.settings())
	const n = 3
	for i := range n {
		o := order("true")
		o.Name = fmt.Sprint("pawl-x-", i)
		if err := l.Launch(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	expired := false
	c.mu.Lock()
	c.most = 2
	c.fault = func(r *http.Request) *apierrors.StatusError {
		if r.URL.Query().Get("continue") == "" || expired {
			return nil
		}
		expired = true
		return apierrors.NewResourceExpired("The provided continue parameter is too old to display a consistent list result.")
	}
	c.mu.Unlock()
	for range 2 { // the second time in pieces
		if list, err := l.List(t.Context(), "pawl-x-"); err != nil || len(list) != n {
			t.Errorf("listed are %v, error %v", list, err)
		}
	}
	if !expired {
		t.Error("the list came as a whole")
	}
}

// A Job without its Secret is none: what can't be created is undone, and launched once
// that can be.
func TestAJobWithoutItsInput(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	refuse := true
	c.fault = func(r *http.Request) *apierrors.StatusError {
		if refuse && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/secrets") {
			return apierrors.NewForbidden(secretsOf, "pawl-x-1-2-3", nil)
		}
		return nil
	}
	l := opened(t, c.settings())
	err := l.Launch(t.Context(), order("true"))
	if model.CodeOf(err) != model.Forbidden || !strings.Contains(err.Error(), "create the secret") {
		t.Errorf("code %v, error %v", model.CodeOf(err), err)
	}
	if list, err := l.List(t.Context(), ""); err != nil || len(list) > 0 {
		t.Errorf("listed are %v, error %v", list, err)
	}
	c.mu.Lock()
	refuse = false
	c.mu.Unlock()
	c.until("its pod is gone", func() bool { return len(c.pods) == 0 })
	for range 2 { // the second time it is there
		if err := l.Launch(t.Context(), order("true")); err != nil {
			t.Fatal(err)
		}
	}
	c.until("it ran", func() bool { return finished(c.jobs["pawl-x-1-2-3"]) })
	if list, err := l.List(t.Context(), "pawl-x-"); err != nil || len(list) != 1 || list[0].State != runner.Exited || list[0].Code != 0 {
		t.Errorf("listed are %v, error %v", list, err)
	}
}

// Whoever died before it created the Secret has left a Job that never begins.
func TestAJobThatNobodyGaveItsInput(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	l := opened(t, c.settings())
	if err := l.Launch(t.Context(), order("true")); err != nil {
		t.Fatal(err)
	}
	c.until("it ran", func() bool { return finished(c.jobs["pawl-x-1-2-3"]) })
	c.mu.Lock()
	clear(c.secrets)
	c.jobs["pawl-x-1-2-3"].Status.Conditions = nil
	p := c.pods["pawl-x-1-2-3"]
	p.Status.Phase, p.Status.ContainerStatuses, p.Status.InitContainerStatuses = "Pending", nil, nil
	p.Status.Conditions[0].LastTransitionTime = metav1.NewTime(time.Now().Add(-2 * forsaken))
	c.mu.Unlock()
	if list, err := l.List(t.Context(), "pawl-x-"); err != nil || len(list) != 1 || list[0].State != runner.Lost {
		t.Errorf("listed are %v, error %v", list, err)
	}
}

// The Secret is there for as long as its Job, and for its input only.
func TestTheInputEndsWithItsJob(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	l := opened(t, c.settings())
	if err := l.Launch(t.Context(), order(`test "$(cat "$0")" = input && : > "$0" && ! [ -s "$0" ]`)); err != nil {
		t.Fatal(err)
	}
	c.until("it ran", func() bool { return finished(c.jobs["pawl-x-1-2-3"]) })
	list, err := l.List(t.Context(), "")
	if err != nil || len(list) != 1 || list[0].State != runner.Exited || list[0].Code != 0 {
		t.Errorf("listed are %v, error %v", list, err)
	}
	if err := l.Forget(t.Context(), "pawl-x-1-2-3"); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.secrets)+len(c.jobs) > 0 {
		t.Errorf("there are %d secrets and %d jobs", len(c.secrets), len(c.jobs))
	}
}
