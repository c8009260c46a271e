package redirect

import "testing"

// The log never has the code of a claim.
func TestHideClaim(t *testing.T) {
	for uri, want := range map[string]string{
		"/claim/abc/snom360.htm":                "/claim/.../snom360.htm",
		"https://h/claim/abc/snom360.php?mac=1": "https://h/claim/.../snom360.php?mac=1",
		"/claim/abc":                            "/claim/...",
		"/claim/abc?mac=1":                      "/claim/...?mac=1",
		"/snom360/snom360.php?mac=0004132202E4": "/snom360/snom360.php?mac=0004132202E4",
	} {
		if got := hideClaim(uri); got != want {
			t.Errorf("%s: %s", uri, got)
		}
	}
}
