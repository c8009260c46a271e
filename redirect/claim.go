package redirect

import (
	"errors"
	"strings"

	"snomredirect/store"
)

// ClaimPath begins the setting server's URL with which a phone proves a claim:
// https://HOST/claim/CODE. The phone appends the rest, as to any setting server.
const ClaimPath = "/claim/"

// cutClaim returns the code of a claim in a path and the rest, which begins with a
// slash. If the path is not a claim's, ok is false.
func cutClaim(path string) (code, rest string, ok bool) {
	after, ok := strings.CutPrefix(path, ClaimPath)
	if !ok {
		return "", path, false
	}
	code, rest, ok = strings.Cut(after, "/")
	if !ok || code == "" || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "", path, false
	}
	return code, "/" + rest, true
}

// hideClaim returns a URI for the log, without the code of a claim.
func hideClaim(uri string) string {
	before, after, ok := strings.Cut(uri, ClaimPath)
	if !ok {
		return uri
	}
	rest := strings.TrimLeftFunc(after, func(r rune) bool { return r != '/' && r != '?' })
	return before + ClaimPath + "..." + rest
}

// claim reports whether the phone has proven a claim. It never tells why not, so
// that no request finds out whether a code exists.
func (h *handler) claim(a *answer) (won bool, err error) {
	if h.Claim == nil || !a.proven.IsValid() || a.proven != a.mac {
		return false, nil
	}
	err = h.Claim(a.mac, a.code)
	for _, lost := range []error{store.ErrNoClaim, store.ErrNoSettingServer, store.ErrNoAccount, store.ErrQuota, store.ErrTooManyNew} {
		if errors.Is(err, lost) {
			return false, nil
		}
	}
	return err == nil, err
}
