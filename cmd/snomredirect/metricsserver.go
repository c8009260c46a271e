package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
)

// Limits on clients of the metrics server.
const (
	maxMetricsConnections = 64
	maxScrapes            = 4 // each reads all accounts
	profileTime           = 2 * time.Minute
)

// newMetricsServer returns a server of metrics and profiles, without
// authentication. Profiles under way end with ctx.
func newMetricsServer(ctx context.Context, l net.Listener, metrics prometheus.Gatherer, log *slog.Logger) httpServer {
	s := newHTTPServer(netutil.LimitListener(l, maxMetricsConnections), boundProfiles(newMetricsHandler(metrics, log)), nil)
	s.server.BaseContext = func(net.Listener) context.Context { return ctx }
	return s
}

// boundProfiles rejects requests for profiles longer than profileTime: net/http/pprof
// takes any number of seconds and extends the server's own write timeout to it.
func boundProfiles(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text := r.URL.Query().Get("seconds"); text != "" {
			if n, err := strconv.ParseFloat(text, 64); err != nil || !(n > 0 && n <= profileTime.Seconds()) {
				http.Error(w, fmt.Sprintf("seconds: expected a number up to %v", profileTime.Seconds()), http.StatusBadRequest)
				return
			}
		}
		h.ServeHTTP(w, r)
	})
}

func newMetricsHandler(metrics prometheus.Gatherer, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
	}))
	// Importing pprof also registers these in http.DefaultServeMux, which nothing
	// serves.
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "snomredirect\n\n/metrics        for Prometheus\n/debug/pprof/   for go tool pprof\n")
	})
	return mux
}
