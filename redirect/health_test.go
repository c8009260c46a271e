package redirect

import (
	"errors"
	"testing"
)

func TestHealth(t *testing.T) {
	const refused = "phones are answered, but changes are refused: the disk is full\n"
	for _, c := range []struct {
		path   string
		why    error
		status int
		body   string
	}{
		{"/healthz", nil, 200, "ok\n"},
		{"/readyz", nil, 200, "ok\n"},
		{"/healthz", errors.New("the disk is full"), 503, refused},
		{"/readyz", errors.New("the disk is full"), 200, refused},
	} {
		base := serve(t, Config{Finder: finder(t), Refusing: func() error { return c.why }})
		for _, method := range []string{"GET", "HEAD"} {
			resp, body := ask(t, method, base+c.path, "")
			if resp.StatusCode != c.status || method == "GET" && body != c.body {
				t.Errorf("%s %s: %s %q", method, c.path, resp.Status, body)
			}
		}
	}
	base := serve(t, Config{Finder: finder(t)})
	if resp, body := ask(t, "GET", base+"/healthz", ""); resp.StatusCode != 200 || body != "ok\n" {
		t.Errorf("%s %q", resp.Status, body)
	}
}
