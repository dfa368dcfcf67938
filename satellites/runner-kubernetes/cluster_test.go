//go:build unix

package main

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// cluster stands in for one of Kubernetes: the part of the API that the plug-in uses, as
// it is documented, a controller of Jobs, and a machine that runs containers as processes
// of this one.
type cluster struct {
	testing.TB
	file, dir string

	mu      sync.Mutex
	changed sync.Cond
	jobs    map[string]*batchv1.Job
	secrets map[string]*corev1.Secret
	pods    map[string]*pod
	made    int // objects
	most    int // objects of a page; 0 is as many as are asked for
	// fault, when set, may answer a request in place of the cluster.
	fault   func(*http.Request) *apierrors.StatusError
	running sync.WaitGroup
	role    role
}

// role is what deploy/kubernetes/rbac.yaml allows a server.
type role struct {
	Kind  string
	Rules []struct{ APIGroups, Resources, Verbs []string }
}

func readRole(t testing.TB) (r role) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/kubernetes/rbac.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(string(text), "\n---\n") {
		if err := yaml.Unmarshal([]byte(part), &r); err != nil {
			t.Fatal(err)
		}
		if r.Kind == "Role" {
			return r
		}
	}
	t.Fatal("there is no role")
	return r
}

// allows reports whether the role allows a request.
func (r *role) allows(req *http.Request) bool {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/") // apis batch v1 namespaces NAME jobs; api v1 ...
	group, rest := "", parts[2:]
	if parts[0] == "apis" {
		group, rest = parts[1], parts[3:]
	}
	verb := map[string]string{"POST": "create", "GET": "get", "PATCH": "patch", "DELETE": "delete"}[req.Method]
	if verb == "get" && len(rest) == 3 {
		verb = "list"
	}
	for _, rule := range r.Rules {
		if slices.Contains(rule.APIGroups, group) && slices.Contains(rule.Resources, rest[2]) && slices.Contains(rule.Verbs, verb) {
			return true
		}
	}
	return false
}

const (
	space = "team-a"
	token = "of-the-server"
)

func newCluster(t testing.TB) *cluster {
	t.Helper()
	c := &cluster{
		TB: t, dir: t.TempDir(), role: readRole(t),
		jobs: make(map[string]*batchv1.Job), secrets: make(map[string]*corev1.Secret), pods: make(map[string]*pod),
	}
	c.changed.L = &c.mu
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*http.Request) (any, error){
		"POST /apis/batch/v1/namespaces/{space}/jobs":          c.createJob,
		"GET /apis/batch/v1/namespaces/{space}/jobs":           c.listJobs,
		"GET /apis/batch/v1/namespaces/{space}/jobs/{name}":    c.getJob,
		"PATCH /apis/batch/v1/namespaces/{space}/jobs/{name}":  c.patchJob,
		"DELETE /apis/batch/v1/namespaces/{space}/jobs/{name}": c.deleteJob,
		"GET /api/v1/namespaces/{space}/pods":                  c.listPods,
		"POST /api/v1/namespaces/{space}/secrets":              c.createSecret,
		"GET /api/v1/namespaces/{space}/secrets/{name}":        c.getSecret,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { c.answer(w, r, handle) })
	}
	server := httptest.NewTLSServer(mux)
	c.file = kubeconfig(t, server)
	t.Cleanup(func() {
		c.mu.Lock()
		for name := range c.jobs {
			c.remove(name)
		}
		c.mu.Unlock()
		c.running.Wait()
		server.Close()
	})
	return c
}

// answer answers a request, after those who may ask it were told from others.
func (c *cluster) answer(w http.ResponseWriter, r *http.Request, handle func(*http.Request) (any, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	var answer any
	if c.fault != nil {
		if bad := c.fault(r); bad != nil {
			err = bad
		}
	}
	switch {
	case err != nil:
	case r.Header.Get("Authorization") != "Bearer "+token:
		err = apierrors.NewUnauthorized("Unauthorized")
	case !c.role.allows(r):
		err = apierrors.NewForbidden(schema.GroupResource{}, r.URL.Path, errors.New("the role does not allow "+r.Method))
		c.Errorf("the role does not allow %s %s", r.Method, r.URL.Path)
	case r.PathValue("space") != space:
		err = apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, r.PathValue("space"))
	default:
		answer, err = handle(r)
	}
	code := http.StatusOK
	if r.Method == http.MethodPost {
		code = http.StatusCreated
	}
	if bad, ok := err.(apierrors.APIStatus); ok {
		status := bad.Status()
		status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
		answer, code = status, int(status.Code)
		if status.Details != nil && status.Details.RetryAfterSeconds > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
		}
	} else if err != nil {
		c.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer) // to a client that may be gone
}

// body reads the body of a request, in which nothing may be unknown.
func body(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	return nil
}

var (
	jobsOf    = schema.GroupResource{Group: "batch", Resource: "jobs"}
	secretsOf = schema.GroupResource{Resource: "secrets"}
)

// meta gives a new object what the cluster gives it.
func (c *cluster) meta(m *metav1.ObjectMeta) {
	c.made++
	m.Namespace, m.UID, m.CreationTimestamp = space, types.UID(fmt.Sprint("uid-", c.made)), metav1.Now()
	m.ResourceVersion = fmt.Sprint(c.made)
}

func (c *cluster) createJob(r *http.Request) (any, error) {
	job := new(batchv1.Job)
	if err := body(r, job); err != nil {
		return nil, err
	}
	if c.jobs[job.Name] != nil {
		return nil, apierrors.NewAlreadyExists(jobsOf, job.Name)
	}
	if errs := faultsOf(job); len(errs) > 0 {
		return nil, apierrors.NewInvalid(schema.GroupKind{Group: "batch", Kind: "Job"}, job.Name, errs)
	}
	c.meta(&job.ObjectMeta)
	c.jobs[job.Name] = job
	c.control(job)
	return job, nil
}

// faultsOf returns what the API refuses of a Job, as far as ours could have it.
func faultsOf(job *batchv1.Job) (errs field.ErrorList) {
	wrong := func(path string, value any, says ...string) {
		for _, s := range says {
			errs = append(errs, field.Invalid(field.NewPath(path), value, s))
		}
	}
	wrong("metadata.name", job.Name, validation.IsDNS1123Label(job.Name)...)
	for k, v := range job.Spec.Template.Labels {
		wrong("metadata.labels", k, validation.IsQualifiedName(k)...)
		wrong("metadata.labels", v, validation.IsValidLabelValue(v)...)
	}
	for k := range job.Spec.Template.Annotations {
		wrong("metadata.annotations", k, validation.IsQualifiedName(k)...)
	}
	pod := &job.Spec.Template.Spec
	if pod.RestartPolicy != corev1.RestartPolicyNever {
		wrong("spec.template.spec.restartPolicy", pod.RestartPolicy, "must be Never")
	}
	volumes := make(map[string]bool)
	for _, v := range pod.Volumes {
		if volumes[v.Name] {
			wrong("spec.template.spec.volumes", v.Name, "duplicate")
		}
		volumes[v.Name] = true
	}
	containers := make(map[string]bool)
	for _, of := range slices.Concat(pod.InitContainers, pod.Containers) {
		if containers[of.Name] || of.Image == "" {
			wrong("spec.template.spec.containers", of.Name, "duplicate, or without image")
		}
		containers[of.Name] = true
		for _, m := range of.VolumeMounts {
			if !volumes[m.Name] {
				wrong("spec.template.spec.containers.volumeMounts", m.Name, "not found")
			}
		}
		for name, q := range of.Resources.Requests {
			if limit, ok := of.Resources.Limits[name]; ok && q.Cmp(limit) > 0 {
				wrong("spec.template.spec.containers.resources", name, "must be less than or equal to the limit")
			}
		}
	}
	return errs
}

func (c *cluster) job(r *http.Request) (*batchv1.Job, error) {
	if job := c.jobs[r.PathValue("name")]; job != nil {
		return job, nil
	}
	return nil, apierrors.NewNotFound(jobsOf, r.PathValue("name"))
}

func (c *cluster) getJob(r *http.Request) (any, error) {
	job, err := c.job(r)
	return job, err
}

func (c *cluster) patchJob(r *http.Request) (any, error) {
	job, err := c.job(r)
	if err != nil {
		return nil, err
	}
	if r.Header.Get("Content-Type") != string(types.MergePatchType) {
		return nil, apierrors.NewBadRequest("the type of patches is not known")
	}
	if err := body(r, job); err != nil { // a merge, as nothing of it is null
		return nil, err
	}
	c.control(job)
	return job, nil
}

func (c *cluster) deleteJob(r *http.Request) (any, error) {
	job, err := c.job(r)
	if err != nil {
		return nil, err
	}
	var options metav1.DeleteOptions
	if err := body(r, &options); err != nil {
		return nil, err
	}
	if p := options.Preconditions; p != nil && p.UID != nil && *p.UID != job.UID {
		return nil, apierrors.NewConflict(jobsOf, job.Name, fmt.Errorf("the UID is %s", job.UID))
	}
	if options.PropagationPolicy == nil || *options.PropagationPolicy != metav1.DeletePropagationBackground {
		c.Error("a job is deleted without its pod")
	}
	c.remove(job.Name)
	return metav1.Status{Status: metav1.StatusSuccess}, nil
}

// remove deletes a Job with all that is its own.
func (c *cluster) remove(name string) {
	job := c.jobs[name]
	delete(c.jobs, name)
	for at, s := range c.secrets {
		if s.OwnerReferences[0].UID == job.UID {
			delete(c.secrets, at)
		}
	}
	if p := c.pods[name]; p != nil {
		p.delete()
	}
	c.changed.Broadcast()
}

func (c *cluster) createSecret(r *http.Request) (any, error) {
	s := new(corev1.Secret)
	if err := body(r, s); err != nil {
		return nil, err
	}
	if c.secrets[s.Name] != nil {
		return nil, apierrors.NewAlreadyExists(secretsOf, s.Name)
	}
	c.meta(&s.ObjectMeta)
	c.secrets[s.Name] = s
	c.changed.Broadcast()
	return s, nil
}

func (c *cluster) getSecret(r *http.Request) (any, error) {
	if s := c.secrets[r.PathValue("name")]; s != nil {
		return s, nil
	}
	return nil, apierrors.NewNotFound(secretsOf, r.PathValue("name"))
}

func (c *cluster) listJobs(r *http.Request) (any, error) {
	l := &batchv1.JobList{TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "JobList"}}
	for _, name := range slices.Sorted(maps.Keys(c.jobs)) {
		if selected(r, c.jobs[name].Labels) {
			l.Items = append(l.Items, *c.jobs[name].DeepCopy())
		}
	}
	l.Items, l.Continue = paged(r, c.most, l.Items)
	return l, nil
}

func (c *cluster) listPods(r *http.Request) (any, error) {
	l := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
	for _, name := range slices.Sorted(maps.Keys(c.pods)) {
		if selected(r, c.pods[name].Labels) {
			l.Items = append(l.Items, *c.pods[name].DeepCopy())
		}
	}
	l.Items, l.Continue = paged(r, c.most, l.Items)
	return l, nil
}

func selected(r *http.Request, of map[string]string) bool {
	s, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	return err == nil && s.Matches(labels.Set(of))
}

// paged returns the page of a list that is asked for, and what gives the next.
func paged[T any](r *http.Request, most int, items []T) (page []T, more string) {
	from, _ := strconv.Atoi(r.URL.Query().Get("continue")) // none is the first
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if most > 0 {
		limit = most
	}
	items = items[min(from, len(items)):]
	if err != nil || len(items) <= limit {
		return items, ""
	}
	return items[:limit], strconv.Itoa(from + limit)
}

// kubeconfig returns a file that names a server.
func kubeconfig(t testing.TB, s *httptest.Server) string {
	t.Helper()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: none
clusters: [{name: here, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: server, user: {token: %q}}]
contexts: [{name: here, context: {cluster: here, user: server, namespace: %q}}]
`, s.URL, base64.StdEncoding.EncodeToString(authority), token, space)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// newServer returns the settings of a cluster that answers as it is told.
func newServer(t *testing.T, answer http.HandlerFunc) map[string]string {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	return map[string]string{kubeconfigSetting: kubeconfig(t, server), contextSetting: "here", imageSetting: "debian:13"}
}

// settings are those of the plug-in for the cluster.
func (c *cluster) settings() map[string]string {
	return map[string]string{kubeconfigSetting: c.file, contextSetting: "here", imageSetting: "debian:13"}
}

// until waits for a fact about the cluster.
func (c *cluster) until(what string, fact func() bool) {
	c.Helper()
	deadline := time.Now().Add(time.Minute)
	late := time.AfterFunc(time.Minute, func() { c.changed.Broadcast() })
	defer late.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !fact() {
		if time.Now().After(deadline) {
			c.Fatalf("not in time: %s", what)
		}
		c.changed.Wait()
	}
}

// lines are the last ones of what a container wrote.
func lines(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(text[max(0, len(text)-2048):])
}

// expand replaces the variables in a word of a command, of which there are none.
func expand(word string) string { return strings.ReplaceAll(word, "$$", "$") }
