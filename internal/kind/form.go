package kind

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pawlhq/pawl/internal/document"
	"github.com/pawlhq/pawl/internal/schedule"
)

// Form is how a value is written.
type Form uint8

// Forms of values.
const (
	Text     Form = iota // any text
	Word                 // one of the option's words, in upper or lower case
	Words                // some of them, joined by commas
	List                 // texts, joined by commas
	Number               // a whole number that is not negative
	Count                // a whole number above 0
	Port                 // the number of a port
	Bool                 // true or false
	Seconds              // a number of seconds
	Duration             // a time such as 7d, 12h or 30m
	Limit                // the same, above 0s
	CatchUp              // which missed sessions of a schedule are wanted
	File                 // the path of a file
	Folder               // the path of a folder
	URL                  // an address of a service
	Any                  // whatever YAML has, in the sections that tasks read
)

// What says in words what a value must be.
func (o *Option) What() string {
	switch o.Form {
	case Word:
		return "one of " + strings.Join(o.Words, ", ")
	case Words:
		return "some of " + strings.Join(o.Words, ", ") + ", joined by commas"
	case List:
		return "texts, joined by commas"
	case Number, Seconds:
		return "a whole number that is not negative"
	case Count:
		return "a whole number above 0"
	case Port:
		return "a port, from 0 to 65535"
	case Bool:
		return "true or false"
	case Duration:
		return "a time such as 7d, 12h or 30m"
	case Limit:
		return "a time such as 7d, 12h or 30m, above 0s"
	case CatchUp:
		return "none, latest, all, or how many of the newest"
	}
	return "a text"
}

// Hint is an error that says what may have been meant.
type Hint string

func (h Hint) Error() string { return string(h) }

// Check returns an error for a text that is not of the option's form: a Hint where
// there is more to say than What does.
func (o *Option) Check(text string) error {
	var err error
	switch o.Form {
	case Word:
		_, err = o.ParseWord(text)
	case Words:
		for _, one := range SplitList(text) {
			if _, err = o.ParseWord(one); err != nil {
				break
			}
		}
	case Number, Seconds:
		_, err = ParseNumber(text)
	case Count:
		var n int
		if n, err = ParseNumber(text); err == nil && n == 0 {
			err = strconv.ErrRange
		}
	case Port:
		_, err = ParsePort(text)
	case Bool:
		_, err = strconv.ParseBool(text)
	case Duration:
		_, err = schedule.ParseDuration(text)
	case Limit:
		_, err = ParseLimit(text)
	case CatchUp:
		_, err = schedule.ParseCatchUp(text)
	}
	return err
}

// ParseWord returns which of the option's words the text is.
func (o *Option) ParseWord(text string) (string, error) {
	if i := slices.IndexFunc(o.Words, func(w string) bool { return strings.EqualFold(w, text) }); i >= 0 {
		return o.Words[i], nil
	}
	if hint := document.DidYouMean(text, o.Words); hint != "" {
		return "", Hint(hint)
	}
	return "", strconv.ErrSyntax
}

// ParseNumber reads a whole number that is not negative.
func ParseNumber(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err
}

// ParsePort reads the number of a port.
func ParsePort(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n), err
}

// ParseLimit reads how long something may take, which can't be no time at all.
func ParseLimit(text string) (time.Duration, error) {
	d, err := schedule.ParseDuration(text)
	if err == nil && d == 0 {
		err = errors.New("it is no time at all")
	}
	return d, err
}

// SplitList splits a text at commas and leaves out what is empty.
func SplitList(text string) (list []string) {
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			list = append(list, one)
		}
	}
	return list
}
