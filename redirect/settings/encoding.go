package settings

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// charsets are the encodings that a header may name. In US-ASCII, UTF-8 is no error.
var charsets = map[string]*charmap.Charmap{
	"": nil, "utf-8": nil, "us-ascii": nil,
	"iso-8859-1":   charmap.ISO8859_1,
	"windows-1252": charmap.Windows1252,
}

var (
	declared     = regexp.MustCompile(`\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')`)
	encodingName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,39}$`)
)

// decode returns XML as UTF-8, what its header says about its encoding, and whether
// there is a header.
func decode(text []byte) (decoded, encoding string, header bool, err error) {
	decoded = string(text)
	rest := strings.TrimLeft(decoded, blanks)
	head, _, _ := strings.Cut(rest, "?>")
	if len(head) < 6 || head[:5] != "<?xml" || !strings.Contains(blanks, head[5:6]) {
		return decoded, "", false, nil
	}
	if m := declared.FindStringSubmatch(head[:min(len(head), 1<<10)]); m != nil {
		encoding = m[1] + m[2]
	}
	charset, ok := charsets[strings.ToLower(encoding)]
	if !ok {
		quoted := ""
		if encodingName.MatchString(encoding) {
			quoted = " " + encoding
		}
		c := cursor{text: decoded}
		return "", "", true, &SyntaxError{c.at(len(decoded) - len(rest)),
			fmt.Sprintf(`the header declares the encoding%s, which is not supported: write encoding="utf-8", and save the file as UTF-8`, quoted)}
	}
	if charset != nil {
		decoded, err = charset.NewDecoder().String(decoded)
	}
	return decoded, encoding, true, err
}
