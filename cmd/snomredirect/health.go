package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

type health struct {
	HTTP string `name:"http" env:"SNOMREDIRECT_HTTP" default:":8080" placeholder:"ADDRESS" help:"Ask the service that answers phones here (${default})."`
}

// Run asks /healthz and fails unless the answer is 200.
func (h *health) Run(ctx context.Context, out output) error {
	host, port, err := net.SplitHostPort(h.HTTP)
	if err != nil {
		return fmt.Errorf("--http %s: expected host:port or :port: %w", h.HTTP, errUsage)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no service answers phones at --http %s: %w", h.HTTP, errors.Unwrap(err))
	}
	defer response.Body.Close()
	line, err := io.ReadAll(io.LimitReader(response.Body, 200))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the service is not well: %s: %s", response.Status, strings.TrimSpace(string(line)))
	}
	_, err = fmt.Fprintf(out.stdout, "%s", line)
	return err
}
