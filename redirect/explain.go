package redirect

import (
	"bytes"
	"net/http"

	"github.com/labstack/echo/v4"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
)

// An Explanation is what a phone would be told, and why in this form.
type Explanation struct {
	MAC         macaddr.Addr // that the question bears; the zero Addr for none
	Status      int
	ContentType string
	Body        []byte
	// Because is the form and the reason for it, in words, and what else the
	// answer hangs on; "" for a refusal.
	Because string
}

// Explainer returns a function that tells what the handler of c would answer to
// GET path, with its query, from a phone of that User-Agent. It asks the handler
// itself, as over plain HTTP, but nobody is heard and nothing logged.
func Explainer(c Config) func(path, userAgent string) Explanation {
	h := New(Config{Finder: c.Finder, PublicNames: c.PublicNames}) // over plain HTTP
	return func(path, userAgent string) Explanation {
		r, err := http.NewRequest(http.MethodGet, path, nil)
		if err != nil || r.URL.Host != "" {
			return Explanation{Status: http.StatusBadRequest} // as net/http does
		}
		r.Header.Set("User-Agent", userAgent)
		w := answerWriter{header: http.Header{}, status: http.StatusOK}
		h.ServeHTTP(&w, r)
		e := Explanation{Status: w.status, ContentType: w.header.Get("Content-Type"), Body: w.body.Bytes()}
		req, err := parseRequest(echo.GetPath(r), r.URL.RawQuery, userAgent)
		if err == nil {
			e.MAC, e.Because = req.mac, req.because()
			if c.RequireProof && req.mac.IsValid() {
				e.Because += "; over HTTPS only where a certificate proves its MAC"
			}
		}
		return e
	}
}

// because words why the answer has its form.
func (r request) because() string {
	switch form := r.format(); {
	case form == settings.Container:
		return "a list of settings files, because it is an m9"
	case form == settings.XML:
		return "XML, because its firmware is " + r.agent.Firmware + ", and reads it from 7.1.8 on"
	case r.agent.Desk && r.agent.Firmware != "":
		return "plain, because its firmware is " + r.agent.Firmware + ", and reads XML from 7.1.8 on"
	case r.agent.Firmware != "":
		return "plain, because the versions of DECT bases do not tell whether they read XML"
	}
	return "plain, because its User-Agent tells no firmware, and every one reads that"
}

// An answerWriter keeps an answer.
type answerWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answerWriter) Header() http.Header         { return w.header }
func (w *answerWriter) WriteHeader(status int)      { w.status = status }
func (w *answerWriter) Write(b []byte) (int, error) { return w.body.Write(b) }
