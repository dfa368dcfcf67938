package main

import (
	"context"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/pawlhq/pawl/runnerplugin"
)

// api is what is asked of a cluster: objects of one namespace, by REST. The generated
// clients of client-go have all kinds in them, of which there are hundreds.
type api struct {
	batch, core *rest.RESTClient
	namespace   string
}

// connect returns the API of the cluster that settings name, without asking it: that of
// a kubeconfig or, in a pod without one, that of the pod.
func connect(s runnerplugin.Settings) (*api, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	if path := s[kubeconfigSetting]; path != "" {
		rules.ExplicitPath = path
	}
	config := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{
		CurrentContext: s[contextSetting], Context: clientcmdapi.Context{Namespace: s[namespaceSetting]},
	})
	to, err := config.ClientConfig()
	if err == nil {
		a := new(api)
		if a.namespace, _, err = config.Namespace(); err == nil {
			return a, a.dial(to)
		}
	}
	return nil, invalid("no cluster: %w", err).
		WithHint("set runner.kubernetes.kubeconfig and runner.kubernetes.context, or run the server in the cluster with a service account")
}

// dial makes the clients of the groups of the API.
func (a *api) dial(to *rest.Config) (err error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{batchv1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	to.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	to.UserAgent, to.QPS = "pawl-runner-kubernetes/"+version, -1 // the cluster says how often it may be asked
	for _, group := range []struct {
		client  **rest.RESTClient
		path    string
		version schema.GroupVersion
	}{{&a.batch, "/apis", batchv1.SchemeGroupVersion}, {&a.core, "/api", corev1.SchemeGroupVersion}} {
		of := rest.CopyConfig(to)
		of.APIPath, of.GroupVersion = group.path, &group.version
		if *group.client, err = rest.RESTClientFor(of); err != nil {
			return invalid("connect to the cluster: %w", err)
		}
	}
	return nil
}

func (a *api) createJob(ctx context.Context, job *batchv1.Job) (*batchv1.Job, error) {
	made := new(batchv1.Job)
	return made, a.batch.Post().Namespace(a.namespace).Resource("jobs").Body(job).Do(ctx).Into(made)
}

func (a *api) job(ctx context.Context, name string) (*batchv1.Job, error) {
	job := new(batchv1.Job)
	return job, a.batch.Get().Namespace(a.namespace).Resource("jobs").Name(name).Do(ctx).Into(job)
}

func (a *api) patchJob(ctx context.Context, name, patch string) error {
	return a.batch.Patch(types.MergePatchType).Namespace(a.namespace).Resource("jobs").Name(name).Body([]byte(patch)).Do(ctx).Error()
}

// deleteJob deletes a Job and, in the background, its pod and Secret. It may be asked
// for a Job of a certain identity only.
func (a *api) deleteJob(ctx context.Context, name string, uid *types.UID) error {
	options := &metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)}
	if uid != nil {
		options.Preconditions = &metav1.Preconditions{UID: uid}
	}
	return a.batch.Delete().Namespace(a.namespace).Resource("jobs").Name(name).Body(options).Do(ctx).Error()
}

func (a *api) createSecret(ctx context.Context, s *corev1.Secret) error {
	return a.core.Post().Namespace(a.namespace).Resource("secrets").Body(s).Do(ctx).Error()
}

func (a *api) secret(ctx context.Context, name string) (*corev1.Secret, error) {
	s := new(corev1.Secret)
	return s, a.core.Get().Namespace(a.namespace).Resource("secrets").Name(name).Do(ctx).Into(s)
}

// page is how many objects are asked for at a time.
const page = "500"

// ours calls f with each page of our objects of a kind. A list that takes longer than
// the cluster keeps it is begun again, and asked for as a whole.
func ours[L interface {
	runtime.Object
	metav1.ListInterface
}](ctx context.Context, of *rest.RESTClient, namespace, kind string, empty func() L, f func(L)) error {
	ask := func(limit, more string) (L, error) {
		l := empty()
		r := of.Get().Namespace(namespace).Resource(kind).Param("labelSelector", programLabel)
		if limit != "" {
			r = r.Param("limit", limit)
		}
		if more != "" {
			r = r.Param("continue", more)
		}
		return l, r.Do(ctx).Into(l)
	}
	var pages []L
	for limit, more := page, ""; ; {
		l, err := ask(limit, more)
		switch {
		case err != nil && more != "" && (apierrors.IsResourceExpired(err) || apierrors.IsGone(err)):
			pages, limit, more = nil, "", ""
			continue
		case err != nil:
			return err
		}
		pages = append(pages, l)
		if more = l.GetContinue(); more == "" {
			break
		}
	}
	for _, l := range pages {
		f(l)
	}
	return nil
}

// jobs returns our Jobs.
func (a *api) jobs(ctx context.Context) (list []batchv1.Job, err error) {
	err = ours(ctx, a.batch, a.namespace, "jobs", func() *batchv1.JobList { return new(batchv1.JobList) },
		func(l *batchv1.JobList) { list = append(list, l.Items...) })
	return list, err
}

// pods returns the pods of our Jobs, the newest of each, by name.
func (a *api) pods(ctx context.Context) (map[string]*corev1.Pod, error) {
	newest := make(map[string]*corev1.Pod)
	err := ours(ctx, a.core, a.namespace, "pods", func() *corev1.PodList { return new(corev1.PodList) }, func(l *corev1.PodList) {
		for i := range l.Items {
			p := &l.Items[i]
			name := p.Labels[programLabel]
			if last := newest[name]; last == nil || last.CreationTimestamp.Before(&p.CreationTimestamp) {
				newest[name] = p
			}
		}
	})
	return newest, err
}

// explain says what failed, with the code that the failure has for others.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	code, hint := runnerplugin.Unavailable, ""
	switch {
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota"): // there will be room
	case apierrors.IsForbidden(err):
		code, hint = runnerplugin.Forbidden, "give the account of the server the role of deploy/kubernetes/rbac.yaml"
	case apierrors.IsUnauthorized(err):
		code, hint = runnerplugin.Forbidden, "the cluster does not accept the credentials of the server: log in again, or see its service account"
	case apierrors.IsNotFound(err), apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsRequestEntityTooLargeError(err),
		apierrors.IsMethodNotSupported(err), apierrors.IsNotAcceptable(err), apierrors.IsUnsupportedMediaType(err):
		code = runnerplugin.Invalid
	}
	return runnerplugin.Errorf(code, "%s: %w", what, err).WithHint("%s", hint)
}
