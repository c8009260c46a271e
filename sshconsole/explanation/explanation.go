// Package explanation writes why a phone gets what it gets, for people or for programs.
package explanation

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"snomredirect/macaddr"
	"snomredirect/sshconsole/wording"
	"snomredirect/store"
)

// A Reply is the reply to a request of a phone, and why.
type Reply struct {
	MAC         macaddr.Addr // that the request names; the zero Addr if none
	Status      int          // of HTTP or SIP; 0 for no answer
	ContentType string
	Body        []byte
	Because     string // the format and its reason, such as "XML, because the firmware is 7.3.14 …"
	Refusal     string // why the request is refused, or ""
}

// An Explanation is what EXPLAIN shows.
type Explanation struct {
	Request Request
	Reply   Reply
	Why     []string
}

// Write writes the explanation as fields with the body after them, or as an object.
func (e Explanation) Write(w io.Writer, asJSON bool) {
	if asJSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(object{e.Request.MAC, e.Request.Protocol.String(), store.Printable(e.Request.Path), store.Printable(e.Request.UserAgent),
			e.Reply.Status, e.Reply.ContentType, string(e.Reply.Body), e.Why}) // if the writer fails, the client has gone
		return
	}
	fmt.Fprintf(w, "Request:        %v\n", e.Request)
	if e.Request.Protocol != store.PnP {
		fmt.Fprintf(w, "User-Agent:     %s\n", store.Printable(e.Request.UserAgent))
	}
	fmt.Fprintf(w, "Reply:          %s\n", e.reply())
	fmt.Fprintf(w, "Why:            %s\n", strings.Join(e.Why, "; "))
	if body := string(e.Reply.Body); body != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSuffix(body, "\n"))
	}
}

func (e Explanation) reply() string {
	size := wording.Plural(len(e.Reply.Body), "byte", "bytes")
	switch {
	case e.Request.Protocol != store.PnP:
		return fmt.Sprintf("%d, %s, %s", e.Reply.Status, e.Reply.ContentType, size)
	case e.Reply.Status == 0:
		return "none"
	}
	return fmt.Sprintf("%d and NOTIFY, %s, %s", e.Reply.Status, e.Reply.ContentType, size)
}

// An object is an explanation for programs.
type object struct {
	MAC         macaddr.Addr `json:"mac"`
	Protocol    string       `json:"protocol"`
	Path        string       `json:"path,omitempty"` // and User-Agent, with http
	UserAgent   string       `json:"user_agent"`
	Status      int          `json:"status"`
	ContentType string       `json:"content_type"`
	Body        string       `json:"body"`
	Why         []string     `json:"why"`
}
