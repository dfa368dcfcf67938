package template_test

import (
	"testing"

	"github.com/pawlhq/pawl/internal/params"
	"github.com/pawlhq/pawl/internal/template"
)

const query = `{% set columns = ['a', 'b', 'c'] %}
-- {{ upstream['load'] }}
CREATE TABLE {{ product }} AS
SELECT
{%- for c in columns %}
    SUM({{ c }}) AS {{ c }}_total{{ ',' if not loop.last }}
{%- endfor %}
FROM {{ upstream['load'] }}
WHERE day > '{{ since }}'
`

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Parse("q.sql", query, template.Options{Strict: true}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	t, err := template.Parse("q.sql", query, template.Options{Strict: true})
	if err != nil {
		b.Fatal(err)
	}
	vars := params.Of("product", "t", "since", "2020-01-01", "upstream", params.Of("load", "raw"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.Render(vars); err != nil {
			b.Fatal(err)
		}
	}
}
