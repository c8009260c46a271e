package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// A report is what one run measured of a family.
type report struct{ family, text string }

// writeReadme replaces in a page what an earlier run measured of the same family.
// Before and after that the page has comments, such as <!-- boot --> and <!-- end -->.
func writeReadme(file string, r report) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if page, err = replaced(page, r); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, page, 0o644)
}

func replaced(page []byte, r report) ([]byte, error) {
	const end = "<!-- end -->"
	begin := fmt.Sprintf("<!-- %s -->\n", r.family)
	before, rest, ok := bytes.Cut(page, []byte(begin))
	i := bytes.Index(rest, []byte(end))
	if !ok || i < 0 || bytes.Contains(rest[:i], []byte("<!-- ")) {
		return nil, errors.New("no place for the rows of " + r.family)
	}
	return fmt.Appendf(nil, "%s%s%s%s", before, begin, r.text, rest[i:]), nil
}
