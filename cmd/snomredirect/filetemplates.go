package main

import (
	"snomredirect/macaddr"
	"snomredirect/redirect/files"
	"snomredirect/redirect/files/template"
	consolefiles "snomredirect/sshconsole/files"
	"snomredirect/store"
)

// parseTemplate reads the text of a setting file for package files.
func parseTemplate(_ store.FileName, text []byte) (files.Template, error) {
	t, err := template.Parse(text)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// isTemplate reports whether a setting file depends on the phone that gets it.
func isTemplate(text []byte) bool {
	t, err := template.Parse(text)
	return err == nil && t.OfPhone()
}

// parseRows reads the text of store.PhonesFile for package files.
func parseRows(text []byte) (files.Rows, error) {
	rows, err := template.ParseRows(text)
	return files.Rows(rows), err
}

// fillTemplate returns what a phone gets from the text of a template, or
// consolefiles.ErrNoRow. Both texts were checked before they were stored.
func fillTemplate(text, phones []byte, phone macaddr.Addr, url store.URL) ([]byte, error) {
	t, err := template.Parse(text)
	if err != nil {
		return nil, err
	}
	rows, err := template.ParseRows(phones)
	if err != nil {
		return nil, err
	}
	row, ok := rows[phone]
	if !ok {
		return nil, consolefiles.ErrNoRow
	}
	filled, err := t.Fill(row, url.String())
	if err != nil { // as for the phone
		return nil, consolefiles.ErrNoRow
	}
	return filled, nil
}
