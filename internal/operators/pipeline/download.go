package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/operator"
)

// download writes what a URL gives to the task's product. The file appears
// whole or not at all.
func download(ctx context.Context, t *operator.Task) (operator.Result, error) {
	source, err := t.Local.MapOr("source", params.Map{})
	if err != nil {
		return operator.Result{}, err
	}
	url, err := source.String("text")
	if err != nil {
		return operator.Result{}, err
	}
	path, err := t.Local.String("product")
	if err != nil {
		return operator.Result{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return operator.Result{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return operator.Result{}, err
	}
	defer func() { _ = response.Body.Close() }() // what was read is read
	if response.StatusCode != http.StatusOK {
		return operator.Result{}, fmt.Errorf("%s answers %s", url, response.Status)
	}
	return operator.Result{}, writeWhole(path, response.Body)
}

func writeWhole(path string, from io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
