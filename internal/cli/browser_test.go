package cli_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

//go:embed testdata/browser/probe.js
var probe string

// widths are those of the windows in which pages are looked at.
var widths = []int{1280, 400}

// nothing is what a page may ask others for.
const nothing = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">`

// browse opens pages in a browser, in windows of several widths, and prints what
// is seen there: boxes with their states and colours, edges, rows of tables. It
// fails where something is wrong with a page, such as an error of a script, a
// request, boxes that overlap, or a text that leaves its box.
func browse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: browse PAGE...")
	}
	dir := ts.MkAbs(".browser")
	ts.Check(os.MkdirAll(dir, 0o777))
	var frames strings.Builder
	var names []string
	for i, page := range args {
		text := ts.ReadFile(page)
		if !strings.Contains(text, "<head>") {
			ts.Fatalf("%s is no page", page)
		}
		copied := fmt.Sprintf("%d.html", i)
		text = strings.Replace(text, "<head>", "<head>"+nothing+"<script>"+probe+"</script>", 1)
		ts.Check(os.WriteFile(filepath.Join(dir, copied), []byte(text), 0o666))
		for _, width := range widths {
			name := fmt.Sprintf("%s at %d", page, width)
			names = append(names, name)
			fmt.Fprintf(&frames, `<iframe name="%s" src="%s" width="%d" height="800"></iframe>`, html.EscapeString(name), copied, width)
		}
	}
	around := filepath.Join(dir, "around.html")
	ts.Check(os.WriteFile(around, []byte(`<!DOCTYPE html><pre></pre><script>
const seen = {};
addEventListener("message", event => {
  seen[event.data.name] = event.data;
  document.querySelector("pre").textContent = JSON.stringify(seen);
});
</script>`+frames.String()), 0o666))
	tellSeen(ts, names, openPage(ts, around))
}

// seen is what the probe tells of a page.
type seen struct{ Facts, Problems []string }

var told = regexp.MustCompile(`(?s)<pre>(.*?)</pre>`)

// openPage opens a page and returns what the probes in its frames tell.
func openPage(ts *testscript.TestScript, path string) map[string]seen {
	browser, err := findBrowser()
	ts.Check(err)
	profile, err := os.MkdirTemp(filepath.Dir(path), "profile")
	ts.Check(err)
	c := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+profile,
		"--virtual-time-budget=20000", "--dump-dom", "file://"+path)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	page, err := c.Output()
	if err != nil {
		ts.Fatalf("%s: %v\n%s", browser, err, stderr.Bytes())
	}
	m := told.FindSubmatch(page)
	if m == nil {
		ts.Fatalf("%s shows no page:\n%s%s", browser, page, stderr.Bytes())
	}
	all := map[string]seen{}
	if err := json.Unmarshal([]byte(html.UnescapeString(string(m[1]))), &all); err != nil {
		ts.Fatalf("no page has told what it shows: %v\n%s", err, stderr.Bytes())
	}
	return all
}

// tellSeen prints what was seen in the first of each page's windows, which must be
// the same in the others.
func tellSeen(ts *testscript.TestScript, names []string, all map[string]seen) {
	for i, name := range names {
		got, ok := all[name]
		if !ok {
			ts.Fatalf("%s: it has told nothing", name)
		}
		for _, problem := range got.Problems {
			ts.Logf("%s: %s", name, problem)
		}
		if len(got.Problems) > 0 {
			ts.Fatalf("%s: %d problems", name, len(got.Problems))
		}
		if i%len(widths) > 0 {
			if !slices.Equal(got.Facts, all[names[i-1]].Facts) {
				ts.Fatalf("%s shows something else:\n%s", name, strings.Join(got.Facts, "\n"))
			}
			continue
		}
		_, err := fmt.Fprintf(ts.Stdout(), "%s\n%s\n", name, strings.Join(got.Facts, "\n"))
		ts.Check(err)
	}
}

// findBrowser returns the program that pages are opened with.
func findBrowser() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no Chromium: `make deps` installs it")
}
