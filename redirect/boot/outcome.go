package boot

import (
	"errors"
	"fmt"
	"slices"
)

// A Why is why a boot stopped before it was complete.
type Why int

const (
	TooMuch    Why = iota // a limit was reached
	ServerLoop            // a setting server leads back to one before
	Circle                // a file leads back to one that names it
)

// A Stop is an error that ended a boot before a request.
type Stop struct {
	Why   Why
	From  int    // the number of the step that gave the URL, or 0
	Named string // the URL as it is written there
	text  string
}

func (s *Stop) Error() string { return s.text }

func (from source) stop(why Why, format string, args ...any) error {
	return &Stop{why, from.step, from.url, fmt.Sprintf(format, args...)}
}

// result returns an error if a step failed or there are no settings.
func (w *Walk) result() error {
	foundOther := slices.ContainsFunc(w.Steps, func(s *Step) bool { return s.Lists != nil || s.Files != nil && w.Once })
	switch {
	case len(w.failed) == 1:
		return w.failed[0].err()
	case w.failed != nil:
		return fmt.Errorf("%d of %d steps failed; the first is %w", len(w.failed), len(w.Steps), w.failed[0].err())
	case len(w.given) == 0 && !foundOther && w.Others != nil:
		return errors.New("no settings: neither the redirection service nor " + w.othersText() + " led to any")
	case len(w.given) == 0 && !foundOther:
		return errors.New("no settings: a phone would try other sources now (PnP, DHCP); register it if it should be redirected")
	}
	return nil
}
