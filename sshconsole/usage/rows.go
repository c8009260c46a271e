package usage

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// A Row is a line of a help: a usage or the name of a form, and what it does.
type Row struct{ Usage, Summary string }

// WriteRows writes a line for each row, with the summaries in one column, between
// head and foot.
func WriteRows(w io.Writer, head string, rows []Row, foot string) {
	_, _ = io.WriteString(w, head)
	columns := tabwriter.NewWriter(w, 0, 0, 0, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(columns, "%s\t: %s\n", r.Usage, r.Summary)
	}
	_ = columns.Flush()
	_, _ = io.WriteString(w, foot)
}
