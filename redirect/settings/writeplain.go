package settings

import (
	"errors"
	"fmt"
	"strings"
)

var errLikeXML = errors.New("the plain form can't say these settings: phones could take a part of them for XML")

func (f *File) appendPlain(b []byte) ([]byte, error) {
	begin := len(b)
	b = append(b, plainHead...)
	for i := range f.Parts {
		for _, entry := range f.Parts[i].Entries {
			line, err := plainLine(entry)
			if err != nil {
				return nil, err
			}
			b = append(append(b, line...), '\n')
		}
	}
	b = append(b, plainFoot...)
	// A value can look like XML that the next values continue.
	if textBeforeXML(b[begin:]) != nil {
		return nil, errLikeXML
	}
	return b, nil
}

// plainLine returns the line of an entry, if reading it gives the entry again.
func plainLine(entry Entry) (string, error) {
	switch e := entry.(type) {
	case *Setting:
		line := e.Name + string(e.Flag) + ": " + e.Value
		again, ok := readLine(strings.TrimRight(line, "\r\n"))
		if !ok || strings.ContainsAny(line, "\n\x00") || again.Name != e.Name || again.Flag != e.Flag || again.Value != e.Value {
			return "", fmt.Errorf("the plain form can't say the setting %q with its flag and value", e.Name)
		}
		if e.Index != "" || e.Attrs != nil || e.XML {
			return "", fmt.Errorf("the plain form has no indexes, attributes or XML, as the setting %q has", e.Name)
		}
		return line, nil
	case *Other:
		if _, isSetting := readLine(e.Value); isSetting || isRemark(e.Value) || e.Name != "" || strings.ContainsAny(e.Value, "\n\x00") || strings.HasSuffix(e.Value, "\r") {
			return "", fmt.Errorf("the plain form has only settings, and lines that phones pass over")
		}
		return e.Value, nil
	}
	return "", fmt.Errorf("the plain form has only settings: it can't say a %T", entry)
}
