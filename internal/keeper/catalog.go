package keeper

import (
	"context"
	"errors"
	"sync"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/process"
	"github.com/pawlhq/pawl/internal/product/clients"
	"github.com/pawlhq/pawl/internal/python"
)

// Catalog knows of products what no file here says.
type Catalog interface {
	// Products does something with products that are no files.
	Products(ctx context.Context, a python.Action, relations []python.Relation) ([]python.State, error)
	// Storage returns where a client keeps copies of files. It belongs to the
	// catalog.
	Storage(ctx context.Context, client *python.Call) (*clients.Storage, error)
}

// Clients is the catalog of a pipeline: what its clients say.
type Clients struct {
	// Root is the folder of the project.
	Root string
	// Env is the environment, as KEY=VALUE.
	Env []string
	// Python returns the Python of the pipeline.
	Python func(context.Context) (*python.Host, error)

	mu       sync.Mutex
	storages map[string]*clients.Storage // by the text of the call
}

var _ Catalog = (*Clients)(nil)

// Products implements Catalog.
func (c *Clients) Products(ctx context.Context, a python.Action, relations []python.Relation) ([]python.State, error) {
	host, err := c.Python(ctx)
	if err != nil {
		return nil, err
	}
	return host.Products(ctx, a, relations)
}

// Storage implements Catalog.
func (c *Clients) Storage(ctx context.Context, client *python.Call) (*clients.Storage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := string(params.AppendJSON(nil, params.Of("path", client.Path, "args", client.Args)))
	if s := c.storages[key]; s != nil {
		return s, nil
	}
	host, err := c.Python(ctx)
	if err != nil {
		return nil, err
	}
	told, err := host.Describe(ctx, *client)
	if err != nil {
		return nil, err
	}
	s, err := clients.Open(told.Class, told.Configuration, clients.Options{
		Root: c.Root, Getenv: func(name string) string { v, _ := process.Variable(c.Env, name); return v },
	})
	if err != nil {
		return nil, err
	}
	if c.storages == nil {
		c.storages = make(map[string]*clients.Storage)
	}
	c.storages[key] = s
	return s, nil
}

// Close releases what the catalog holds.
func (c *Clients) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, s := range c.storages {
		errs = append(errs, s.Close())
	}
	c.storages = nil
	return errors.Join(errs...)
}
