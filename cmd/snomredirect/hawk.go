package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"snomredirect/redirect/sraps/hawk"
)

type signHawk struct {
	Key    string `arg:"" placeholder:"KEY" help:"File with what the console's command API ADD printed."`
	Method string `arg:"" placeholder:"METHOD" help:"Method of the request, such as PUT."`
	URL    string `arg:"" placeholder:"URL" help:"URL of the request, with its query."`
	Body   string `placeholder:"FILE" help:"Sign this body too."`
	Type   string `default:"application/json" placeholder:"TYPE" help:"Content-Type of the body (${default})."`
}

// Run prints the Authorization header of a request, for curl.
func (s *signHawk) Run(out output) error {
	text, err := os.ReadFile(s.Key)
	if err != nil {
		return err
	}
	id, key, err := parseAPIKey(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", s.Key, err)
	}
	target, err := hawk.ParseTarget(s.Method, s.URL)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	hash := ""
	if s.Body != "" {
		body, err := os.ReadFile(s.Body)
		if err != nil {
			return err
		}
		hash = hawk.PayloadHash(s.Type, body)
	}
	_, err = fmt.Fprintf(out.stdout, "Authorization: %v\n", hawk.New(id, key, target, hash, time.Now()))
	return err
}

// parseAPIKey reads what API ADD printed, for people or for programs.
func parseAPIKey(text string) (id, key string, err error) {
	var object struct{ ID, Key string }
	if json.Unmarshal([]byte(text), &object) == nil {
		id, key = object.ID, object.Key
	}
	for line := range strings.Lines(text) {
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "ID":
			id = strings.TrimSpace(value)
		case "Key":
			key = strings.TrimSpace(value)
		}
	}
	if id == "" || key == "" {
		return "", "", errors.New("expected the lines ID and Key, as API ADD prints them")
	}
	return id, key, nil
}
