// Package explanation writes why a phone gets what it gets, for people or for programs.
package explanation

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
)

// A Reply is the reply to a request of a phone, and why.
type Reply struct {
	MAC         macaddr.Addr // that the request names; the zero Addr if none
	Status      int          // HTTP status
	ContentType string
	Body        []byte
	Because     string // the format and its reason, such as "XML, because the firmware is 7.3.14 …"
	Refusal     string // why the request is refused, or ""
}

// An Explanation is what EXPLAIN shows.
type Explanation struct {
	MAC         macaddr.Addr `json:"mac"`
	Path        string       `json:"path"`
	UserAgent   string       `json:"user_agent"`
	Status      int          `json:"status"`
	ContentType string       `json:"content_type"`
	Body        string       `json:"body"`
	Why         []string     `json:"why"`
}

// Write writes the explanation as fields with the body after them, or as an object.
func (e Explanation) Write(w io.Writer, asJSON bool) {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(e) // if the writer fails, the client has gone
		return
	}
	fmt.Fprintf(w, "Request:        GET %s\n", e.Path)
	fmt.Fprintf(w, "User-Agent:     %s\n", e.UserAgent)
	fmt.Fprintf(w, "Reply:          %d, %s, %s\n", e.Status, e.ContentType, wording.Plural(len(e.Body), "byte", "bytes"))
	fmt.Fprintf(w, "Why:            %s\n\n%s", strings.Join(e.Why, "; "), e.Body)
}
