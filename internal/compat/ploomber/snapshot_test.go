package ploomber_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // reads what projects keep in databases
)

// snapshot returns what is in all files of a project, in a form that is the same
// for all runs that make the same.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".pawl" || entry.Name() == "__pycache__"):
			return fs.SkipDir
		case entry.IsDir():
			found[name] = "folder"
			return nil
		}
		found[name], err = content(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Times, and names that are made at random.
var (
	timestamp = regexp.MustCompile(`"timestamp": [0-9.]+`)
	madeOf    = regexp.MustCompile(`, "made_of": \{([^{}]|\{([^{}]|\{[^{}]*\})*\})*\}`) // which the peer does not tell
	cellID    = regexp.MustCompile(`cell-id=[\w-]+`)
)

// comparable returns texts with records without what differs in each of them.
func comparable(records string) string {
	return madeOf.ReplaceAllString(timestamp.ReplaceAllString(records, `"timestamp": 0`), "")
}

func content(path string) (string, error) {
	if filepath.Ext(path) == ".db" {
		return database(path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	switch filepath.Ext(path) {
	case ".ipynb":
		return notebook(data)
	case ".metadata":
		return comparable(string(data)), nil
	case ".html":
		return cellID.ReplaceAllString(string(data), "cell-id=x"), nil
	}
	return string(data), nil
}

// notebook returns the cells of a notebook without the times when they ran.
func notebook(data []byte) (string, error) {
	var book struct {
		Cells []struct {
			Type     string          `json:"cell_type"`
			Source   any             `json:"source"`
			Outputs  json.RawMessage `json:"outputs"`
			Metadata struct {
				Tags []string `json:"tags"`
			} `json:"metadata"`
		} `json:"cells"`
		Metadata struct {
			Kernel json.RawMessage `json:"kernelspec"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(data, &book); err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(book, "", " ")
	return string(text), err
}

// database returns what is in a database, one row in a line.
func database(path string) (string, error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return "", err
	}
	defer db.Close()
	names, err := rows(db, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
	if err != nil {
		return "", err
	}
	text, err := rows(db, "SELECT type, name, sql FROM sqlite_master ORDER BY name")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		list, err := rows(db, `SELECT * FROM "`+name+`" ORDER BY 1`)
		if err != nil {
			return "", err
		}
		text = append(append(text, name+":"), list...)
	}
	return comparable(strings.Join(text, "\n")), nil
}

func rows(db *sql.DB, query string) ([]string, error) {
	found, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	var list []string
	for found.Next() {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(any)
		}
		if err := found.Scan(row...); err != nil {
			return nil, err
		}
		var texts []string
		for _, v := range row {
			if b, ok := (*v.(*any)).([]byte); ok {
				*v.(*any) = string(b)
			}
			texts = append(texts, fmt.Sprint(*v.(*any)))
		}
		list = append(list, strings.Join(texts, " | "))
	}
	return list, found.Err()
}
