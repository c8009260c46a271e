package redirect

import (
	"errors"
	"slices"
	"testing"

	"snomredirect/macaddr"
	"snomredirect/redirect/settings"
	"snomredirect/store"
)

// A failingFinder fails or panics.
type failingFinder struct{ panics bool }

func (f failingFinder) Redirection(macaddr.Addr) (store.Redirection, error) {
	if f.panics {
		panic("finder")
	}
	return store.Redirection{}, errors.New("disk gone")
}

func TestObserve(t *testing.T) {
	good := finder(t)
	for _, c := range []struct {
		finder              Finder
		method, path, agent string
		want                Outcome
		format              settings.Format
	}{
		{good, "GET", "/snom360.php?mac=" + registered, newPhone, Redirected, settings.XML},
		{good, "HEAD", "/snom360.php?mac=" + registered, oldPhone, Redirected, settings.Plain},
		{good, "GET", "/snom360.php?mac=" + nobodys, m9, Unregistered, settings.Container},
		{good, "GET", "/snom360.php?mac=" + pointsBack, newPhone, PointsBack, settings.XML},
		{findFunc(func(macaddr.Addr) (store.Redirection, error) { return store.Redirection{}, store.ErrPhonesDisabled }), "GET", "/snom360.php?mac=" + registered, newPhone, Disabled, settings.XML},
		{good, "GET", "/snom360.htm", newPhone, NoMAC, settings.XML},
		{good, "GET", "/snom360.php?mac=2e4", newPhone, Malformed, 0},
		{good, "GET", "/favicon.ico", "", NotFound, 0},
		{good, "POST", "/snom360.php?mac=" + registered, newPhone, MethodNotAllowed, 0},
		{good, "BREW", "/snom360.php?mac=" + registered, newPhone, MethodNotAllowed, 0},
		{failingFinder{}, "GET", "/snom360.php?mac=" + registered, newPhone, Failed, 0},
		{failingFinder{panics: true}, "GET", "/snom360.php?mac=" + registered, newPhone, Panicked, 0},
		{good, "GET", "/healthz", "", "", 0},
		{failingFinder{}, "GET", "/healthz", "", "", 0},
		{good, "GET", "/readyz", "", "", 0},
	} {
		observations := make(chan Observation, 2)
		base := serve(t, Config{Finder: c.finder, Observe: func(o Observation) { observations <- o }})
		ask(t, c.method, base+c.path, c.agent)
		if c.want == "" {
			if len(observations) > 0 {
				t.Errorf("%s %s: observed %+v, want nothing", c.method, c.path, <-observations)
			}
			continue
		}
		if len(observations) != 1 {
			t.Errorf("%s %s: observed %d times, want once", c.method, c.path, len(observations))
			continue
		}
		o := <-observations
		if o.Outcome != c.want || o.Protocol != store.HTTP || o.Took <= 0 || o.Outcome.SendsFile() && o.Format != c.format {
			t.Errorf("%s %s: observed %+v, want %v %v", c.method, c.path, o, c.want, c.format)
		}
		if !slices.Contains(Outcomes(), o.Outcome) {
			t.Errorf("Outcomes() lacks %v", o.Outcome)
		}
	}
}
