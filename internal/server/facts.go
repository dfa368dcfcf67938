package server

import (
	"github.com/pawlhq/pawl/internal/auth"
	"github.com/pawlhq/pawl/internal/facts"
	"github.com/pawlhq/pawl/internal/history"
	"github.com/pawlhq/pawl/internal/model"
	"github.com/pawlhq/pawl/internal/store"
)

var (
	ofProjectQuery = param{"project", "string", "name of the project", true}
	productQuery   = param{"product", "string", "key of the product", true}
	prefixQuery    = param{"prefix", "string", "what names begin with", false}
)

func factRoutes() []route {
	return []route{
		{get, "/api/pawl/v1/products", auth.AttemptList, listProducts, doc{tag: "product", answer: "ProductList",
			summary: "Products that tasks of a project have made, in order of their keys", query: []param{ofProjectQuery, prefixQuery, rowsQuery, pageQuery}}},
		{del, "/api/pawl/v1/products", auth.AttemptDelete, forgetProduct, doc{tag: "product", answer: "ForgottenProduct",
			summary: "Forget what tasks have told of a product", query: []param{ofProjectQuery, productQuery}}},
		{get, "/api/pawl/v1/products/partitions", auth.AttemptList, listPartitions, doc{tag: "product", answer: "ProductList",
			summary: "Partitions of a product, in order of their names", query: []param{ofProjectQuery, productQuery, prefixQuery, rowsQuery, pageQuery}}},
		{get, "/api/pawl/v1/facts", auth.AttemptList, listFacts, doc{tag: "product", answer: "FactList",
			summary: "What tasks have told of products and expectations, the latest first. A page may have fewer facts than asked for, even none, and there are more if it has a cursor",
			query: []param{
				{"project", "string", "name of the only project", false},
				{"workflow", "string", "the only workflow of that project", false},
				{"attempt", "integer", "the only attempt", false},
				{"task", "string", "full name of the only task", false},
				{"about", "string", "product or expectation; both by default", false},
				{"name", "string", "key of the only product, or name of the only expectation", false},
				{"partition", "string", "the only partition", false},
				{"ok", "boolean", "expectations that hold, or that do not", false},
				{"since", "string", "instant from which on they were told", false},
				{"until", "string", "instant before which they were told", false},
				rowsQuery, pageQuery,
			}}},
	}
}

type restFact struct {
	Product     string         `json:"product,omitempty"`
	Partition   string         `json:"partition,omitempty"`
	Expectation string         `json:"expectation,omitempty"`
	OK          *bool          `json:"ok,omitempty"`
	Severity    facts.Severity `json:"severity,omitempty"`
	Metadata    jsonValue      `json:"metadata"`
	Tags        model.Tags     `json:"tags"`
	Project     idName         `json:"project"`
	Workflow    string         `json:"workflow"`
	Session     string         `json:"session"`
	AttemptID   number         `json:"attemptId"`
	Seq         int64          `json:"seq"`
	Task        string         `json:"task"`
	Try         int32          `json:"try"`
	At          moment         `json:"at"`
	Failed      bool           `json:"failed"`
}

func (c *call) factOut(f *store.Fact) (restFact, error) {
	project, err := c.history.Project(c.r.Context(), f.Project)
	out := restFact{
		Product: f.Product, Partition: f.Partition, Expectation: f.Expectation, Severity: f.Severity, Metadata: jsonValue{f.Metadata}, Tags: f.Tags,
		Project: idName{number(f.Project), project}, Workflow: f.Workflow, Session: f.Session, AttemptID: number(f.Attempt), Seq: f.Seq,
		Task: f.Task, Try: f.Try, At: moment(f.At), Failed: f.Failed,
	}
	if f.Expectation != "" {
		out.OK = &f.OK
	}
	if out.Tags == nil {
		out.Tags = model.Tags{}
	}
	return out, err
}

func listFacts(c *call) (any, error) {
	var of history.Query
	if err := c.eventProjects(&of); err != nil {
		return nil, err
	}
	f := store.FactFilter{Projects: of.Projects, Workflow: of.Workflow, Task: c.query("task"), Name: c.query("name"), Partition: c.query("partition")}
	attempt, err := c.number("attempt", 0)
	if err != nil {
		return nil, err
	}
	f.Attempt = model.AttemptID(attempt)
	switch about := c.query("about"); about {
	case "":
	case "product":
		f.Kind = store.OfProduct
	case "expectation":
		f.Kind = store.OfExpectation
	default:
		return nil, model.Errorf(model.Invalid, "facts are about a product or an expectation, not %q", about)
	}
	switch ok := c.query("ok"); ok {
	case "":
	case "true":
		f.Met = true
	case "false":
		f.Broken = true
	default:
		return nil, model.Errorf(model.Invalid, "ok is true or false, not %q", ok)
	}
	if err := c.span(&f.From, &f.Until); err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	list, next, err := c.store.ListFacts(c.r.Context(), f, page)
	if err != nil {
		return nil, err
	}
	out, err := tryOuts(list, c.factOut)
	return struct {
		Facts []restFact `json:"facts"`
		Next  optional   `json:"next"`
	}{out, optional(next)}, err
}

type restProduct struct {
	Name  string   `json:"name"`
	Count int64    `json:"count"`
	Last  restFact `json:"last"`
}

func (c *call) productOut(p *store.ProductEntry) (restProduct, error) {
	last, err := c.factOut(&p.Last)
	return restProduct{p.Name, p.Count, last}, err
}

// productFilter reads of which project, and of which product where that is needed, is
// asked.
func (c *call) productFilter(ofOne bool) (f store.ProductFilter, err error) {
	if !c.given("project") {
		return f, unasked("project")
	}
	if ofOne && c.query("product") == "" {
		return f, unasked("product")
	}
	p, err := c.store.ProjectNamed(c.r.Context(), c.query("project"))
	if err != nil {
		return f, err
	}
	target := ""
	if ofOne {
		target = "product " + c.query("product")
	}
	return store.ProductFilter{Project: p.ID, Key: c.query("product"), Prefix: c.query("prefix")}, c.allow(p.Name, target)
}

func listProducts(c *call) (any, error) {
	f, err := c.productFilter(false)
	if err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	return c.productsOut(c.store.ListProducts(c.r.Context(), f, page))
}

func listPartitions(c *call) (any, error) {
	f, err := c.productFilter(true)
	if err != nil {
		return nil, err
	}
	page, err := c.cursorPage()
	if err != nil {
		return nil, err
	}
	return c.productsOut(c.store.ListPartitions(c.r.Context(), f, page))
}

func (c *call) productsOut(list []store.ProductEntry, next string, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	out, err := tryOuts(list, c.productOut)
	return struct {
		Products []restProduct `json:"products"`
		Next     optional      `json:"next"`
	}{out, optional(next)}, err
}

func forgetProduct(c *call) (any, error) {
	f, err := c.productFilter(true)
	if err != nil {
		return nil, err
	}
	n, err := c.store.ForgetProduct(c.r.Context(), f.Project, f.Key)
	return struct {
		Facts int `json:"facts"`
	}{n}, err
}
