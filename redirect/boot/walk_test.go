package boot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"snomredirect/macaddr"
)

// newWalk returns a walk whose requests all reach the server of h, and the URLs that the
// server has got.
func newWalk(t *testing.T, h http.HandlerFunc) (w *Walk, requested func() []string) {
	t.Helper()
	var got []string // one request after the other
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, "http://"+r.Host+r.URL.RequestURI())
		h(w, r)
	}))
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}
	p := Phone{MAC: macaddr.MustParse(testMAC), Model: "snom360", Firmware: "8.7.5.35", UserAgent: "x"}
	return &Walk{Phone: p, Client: Client{NewTransport(dial, nil)}, Limits: Patient}, func() []string { s.Close(); return got }
}

const (
	fileA = `<setting-files><file url="http://u:p@prov.example/{phone_type}.xml" /></setting-files>`
	fileB = "a: 1\n"
)

func twoFiles(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/" + testMAC:
		fmt.Fprint(w, fileA)
	case "/snom360.xml":
		fmt.Fprint(w, fileB)
	default:
		http.NotFound(w, r)
	}
}

// The caller gets each file's text, and each step says which one named its URL.
func TestSteps(t *testing.T) {
	w, requested := newWalk(t, twoFiles)
	var texts []string
	w.OnFile = func(s *Step, text []byte) { texts = append(texts, fmt.Sprint(s.Number, " ", string(text))) }
	ended := 0
	w.OnStep = func(s *Step) {
		if ended++; s.Number != ended {
			t.Errorf("step %d ended as number %d", s.Number, ended)
		}
	}
	if err := w.FromServer(t.Context(), "http://prov.example/{mac}"); err != nil {
		t.Error(err)
	}
	if want := []string{"1 " + fileA, "2 " + fileB}; !slices.Equal(texts, want) || ended != 2 {
		t.Errorf("%q and %d steps, want %q", texts, ended, want)
	}
	if s := w.Steps[1]; s.From != 1 || s.Named != "http://u:p@prov.example/{phone_type}.xml" || s.URL != "http://***@prov.example/snom360.xml" {
		t.Errorf("%+v", s)
	}
	if got, want := requested(), []string{"http://prov.example/" + testMAC, "http://prov.example/snom360.xml"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A URL that is refused is not requested.
func TestRefuse(t *testing.T) {
	w, requested := newWalk(t, twoFiles)
	refused := errors.New("not that one")
	w.Refuse = func(u *url.URL) error {
		if u.Path == "/snom360.xml" {
			return refused
		}
		return nil
	}
	err := w.FromServer(t.Context(), "http://prov.example/{mac}")
	if err == nil || !strings.Contains(err.Error(), "not that one") || w.Steps[1].Err != refused {
		t.Error(err, w.Steps[1].Err)
	}
	if got := requested(); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

// Each limit ends the boot, or fails the step, before the next request.
func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Limits)
		want   string
		steps  int
		stops  bool
	}{
		"requests": {func(l *Limits) { l.Requests = 1 }, "1 requests are the limit", 1, true},
		"total":    {func(l *Limits) { l.Total = len(fileA) }, fmt.Sprintf("%d bytes of files are the limit", len(fileA)), 1, true},
		"rest":     {func(l *Limits) { l.Total = len(fileA) + 2 }, "step 2, http://***@prov.example/snom360.xml: the reply is longer than 2 bytes", 2, false},
		"reply":    {func(l *Limits) { l.Reply = len(fileA) - 1 }, fmt.Sprintf("the reply is longer than %d bytes", len(fileA)-1), 1, false},
		"time":     {func(l *Limits) { l.Time = time.Nanosecond }, "the boot took longer than 1ns", 1, true},
	} {
		w, requested := newWalk(t, twoFiles)
		c.change(&w.Limits)
		err := w.FromServer(t.Context(), "http://prov.example/{mac}")
		stop := new(Stop)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(w.Steps) != c.steps || errors.As(err, &stop) != c.stops || stop.Why != TooMuch {
			t.Errorf("%s: %v after %d steps", name, err, len(w.Steps))
		}
		requested()
	}
}
