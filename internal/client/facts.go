package client

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/pawlhq/pawl/internal/params"
)

// Fact is what a task has told of a product or an expectation.
type Fact struct {
	Product     string `json:"product,omitempty"`
	Partition   string `json:"partition,omitempty"`
	Expectation string `json:"expectation,omitempty"`
	// OK says whether the expectation holds; nil for a product.
	OK       *bool             `json:"ok,omitempty"`
	Severity string            `json:"severity,omitempty"`
	Metadata params.Map        `json:"metadata"`
	Tags     map[string]string `json:"tags"`
	Project  Ref               `json:"project"`
	Workflow string            `json:"workflow"`
	Session  string            `json:"session"`
	// AttemptID is that of the attempt, which may be gone.
	AttemptID ID     `json:"attemptId"`
	Seq       int64  `json:"seq"`
	Task      string `json:"task"`
	Try       int32  `json:"try"`
	At        Moment `json:"at"`
	// Failed says that the try did not end well.
	Failed bool `json:"failed"`
}

// FactQuery selects facts; what is empty matches all.
type FactQuery struct {
	Project, Workflow, Task string
	Attempt                 ID
	// About is "product" or "expectation".
	About           string
	Name, Partition string
	// OK selects expectations that hold, or that do not.
	OK           *bool
	Since, Until time.Time
}

// Facts lists up to n facts, the latest first.
func (c *Client) Facts(ctx context.Context, q FactQuery, n int) ([]Fact, error) {
	ok := ""
	if q.OK != nil {
		ok = strconv.FormatBool(*q.OK)
	}
	return pages(n, func(count, cursor string) ([]Fact, Text, error) {
		var out struct {
			Facts []Fact `json:"facts"`
			Next  Text   `json:"next"`
		}
		err := c.get(ctx, path("pawl", "v1", "facts"), values("project", q.Project, "workflow", q.Workflow, "task", q.Task, "attempt", string(q.Attempt),
			"about", q.About, "name", q.Name, "partition", q.Partition, "ok", ok, "since", exact(q.Since), "until", exact(q.Until),
			"count", count, "cursor", cursor), &out)
		return out.Facts, out.Next, err
	})
}

// Product is a product, or a partition of one, as it stands in a list.
type Product struct {
	Name string `json:"name"`
	// Count is how many facts of it are kept, and Last the newest.
	Count int64 `json:"count"`
	Last  Fact  `json:"last"`
}

// Products lists up to n products of a project whose keys begin with a prefix.
func (c *Client) Products(ctx context.Context, project, prefix string, n int) ([]Product, error) {
	return c.products(ctx, path("pawl", "v1", "products"), n, "project", project, "prefix", prefix)
}

// Partitions lists up to n partitions of a product.
func (c *Client) Partitions(ctx context.Context, project, product, prefix string, n int) ([]Product, error) {
	return c.products(ctx, path("pawl", "v1", "products", "partitions"), n, "project", project, "product", product, "prefix", prefix)
}

func (c *Client) products(ctx context.Context, path string, n int, query ...string) ([]Product, error) {
	return pages(n, func(count, cursor string) ([]Product, Text, error) {
		var out struct {
			Products []Product `json:"products"`
			Next     Text      `json:"next"`
		}
		err := c.get(ctx, path, values(append(query[:len(query):len(query)], "count", count, "cursor", cursor)...), &out)
		return out.Products, out.Next, err
	})
}

// ForgetProduct deletes what was told of a product, and returns how many facts that
// were.
func (c *Client) ForgetProduct(ctx context.Context, project, product string) (int, error) {
	res, err := c.do(ctx, http.MethodDelete, path("pawl", "v1", "products"), values("project", project, "product", product), nil)
	if err != nil {
		return 0, err
	}
	var out struct {
		Facts int `json:"facts"`
	}
	return out.Facts, c.decode(res, &out)
}
