package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/pawlhq/pawl/internal/model"
)

// LogFiles lists the log files of an attempt's tasks whose full names begin
// with a text.
func (c *Client) LogFiles(ctx context.Context, attempt ID, prefix string) ([]LogFile, error) {
	var out struct {
		Files []LogFile `json:"files"`
	}
	err := c.get(ctx, path("logs", string(attempt), "files"), c.stored("task", prefix), &out)
	return out.Files, err
}

// Log opens a log file, which is compressed by gzip and may break off while its
// task runs. The caller closes it.
func (c *Client) Log(ctx context.Context, attempt ID, f LogFile) (io.ReadCloser, error) {
	if f.Direct != "" {
		to, err := url.Parse(string(f.Direct))
		if err != nil {
			return nil, model.Errorf(model.Unavailable, "the server says that %s is stored where nothing can be", f.FileName)
		}
		return c.fetch(ctx, to)
	}
	return c.open(ctx, path("logs", string(attempt), "files", f.FileName), nil)
}

// Part says which part of a log is wanted, and how.
type Part struct {
	// Stream is "stdout" or "stderr", or empty for both. Level is that from which on
	// messages are wanted, and nothing else; empty is all.
	Stream, Level string
	// Timestamps begins each line with when it was printed. JSON makes an object of
	// each line and of each message.
	Timestamps, JSON bool
}

// PartOfLog is Log for a part of what the try has printed. Servers of Digdag know of
// none, and send all as it is.
func (c *Client) PartOfLog(ctx context.Context, attempt ID, f LogFile, part Part) (io.ReadCloser, error) {
	query := values("stream", part.Stream, "level", part.Level)
	for name, on := range map[string]bool{"timestamps": part.Timestamps, "json": part.JSON} {
		if on {
			query.Set(name, "true")
		}
	}
	if len(query) == 0 {
		return c.Log(ctx, attempt, f)
	}
	return c.open(ctx, path("logs", string(attempt), "files", f.FileName), query)
}

// stored is a query about what may be had without the server.
func (c *Client) stored(pairs ...string) url.Values {
	query := values(pairs...)
	if c.cfg.NoDirect {
		query.Set("direct_download", strconv.FormatBool(false))
	}
	return query
}

// open asks for a file, from the server or from where it says that it is.
func (c *Client) open(ctx context.Context, path string, query url.Values) (file io.ReadCloser, err error) {
	err = c.again(ctx, func() error {
		res, err := c.do(ctx, http.MethodGet, path, query, nil)
		if err != nil {
			return err
		}
		file = res.Body
		to := located(res)
		if to == nil {
			return nil
		}
		_ = res.Body.Close() // it was not even read
		file, err = c.once(ctx, to)
		return err
	})
	return file, err
}

// fetch reads what is stored elsewhere.
func (c *Client) fetch(ctx context.Context, from *url.URL) (file io.ReadCloser, err error) {
	err = c.again(ctx, func() error {
		file, err = c.once(ctx, from)
		return err
	})
	return file, err
}

// once asks for a file elsewhere. Headers for the server are not for others.
func (c *Client) once(ctx context.Context, from *url.URL) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := c.exchange(req)
	if err != nil {
		return nil, err
	}
	if to := located(res); to != nil {
		_ = res.Body.Close() // it was not even read
		return nil, model.Errorf(model.Unavailable, "%s sends its clients on to %s", from.Host, to.Host)
	}
	return res.Body, nil
}
