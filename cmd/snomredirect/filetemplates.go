package main

import (
	"snomredirect/redirect/files"
	"snomredirect/redirect/files/template"
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
