package etcd

import (
	"strings"
	"testing"
	"testing/synctest"

	"snomredirect/store/bolt"
)

// Servers whose watch may miss changes are refused.
func TestVersions(t *testing.T) {
	for text, want := range map[string]string{"3.5.7": "update it", "3.4.30": "update it", "3.5.8": "", "3.7.3": "", "x": "expected one"} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			m.version = text
			n, err := open(t.Context(), t.TempDir(), bolt.Config{}, Config{Name: "a", Prefix: "sr1/"}, m)
			if err == nil {
				defer n.Close()
			}
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", text, err)
			}
		})
	}
	for text, want := range map[string]bool{"3.5.8": true, "3.5.16": true, "3.5.17": false, "3.6.0": false} {
		if warn, err := checkVersion(text); warn != want || err != nil {
			t.Errorf("%s: %v, %v", text, warn, err)
		}
	}
}
