package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A series is a time series of Prometheus: a metric and its labels.
type series struct {
	text   string // as written in the reply
	name   string
	labels map[string]string
}

// scraped maps the text of each series to its value.
type scraped map[string]float64

// all returns the series, sorted by their text.
func (s scraped) all() (all []series) {
	for _, text := range slices.Sorted(maps.Keys(s)) {
		name, _, _ := strings.Cut(text, "{")
		one := series{text, name, map[string]string{}}
		for _, m := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			one.labels[m[1]] = m[2]
		}
		all = append(all, one)
	}
	return all
}

// sum adds up the series with that name and label. If label is "", it adds up all
// series with that name.
func (s scraped) sum(name, label, value string) (sum int) {
	for _, one := range s.all() {
		if one.name == name && (label == "" || one.labels[label] == value) {
			sum += int(s[one.text])
		}
	}
	return sum
}

// scrape [SERIES VALUE] ... gets the metrics as Prometheus does and prints them. It
// repeats that until each SERIES has its VALUE.
func scrape(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args)%2 != 0 {
		ts.Fatalf("usage: scrape [SERIES VALUE] ...")
	}
	s := of(ts)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		text, err := getPage("http://" + s.Metrics + "/metrics")
		ts.Check(err)
		s.scraped, err = readMetrics(text)
		ts.Check(err)
		var wrong []string
		for i := 0; i < len(args); i += 2 {
			if got, ok := s.scraped[args[i]]; !ok || fmt.Sprint(got) != args[i+1] {
				wrong = append(wrong, fmt.Sprintf("%s is %v (exists: %v), want %s", args[i], got, ok, args[i+1]))
			}
		}
		if len(wrong) == 0 {
			_, _ = io.WriteString(ts.Stdout(), text)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s", strings.Join(wrong, "\n"))
		}
	}
}

// page ADDRESS PATH prints a page. ! page expects the request to fail.
func page(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: page ADDRESS PATH")
	}
	text, err := getPage("http://" + args[0] + args[1])
	if (err != nil) != neg {
		ts.Fatalf("%s: %v", args[1], err)
	}
	_, _ = io.WriteString(ts.Stdout(), text)
}

func getPage(url string) (string, error) {
	client := http.Client{Timeout: patience}
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return string(text), err
}

func readMetrics(text string) (scraped, error) {
	all := scraped{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		space := strings.LastIndexByte(line, ' ') // a label's value may contain others
		value, err := strconv.ParseFloat(line[space+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		if _, twice := all[line[:space]]; twice {
			return nil, fmt.Errorf("duplicate series %q", line[:space])
		}
		all[line[:space]] = value
	}
	return all, nil
}

// seriesScraped implements the command series, which prints the series scraped
// last without their values.
func seriesScraped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 || of(ts).scraped == nil {
		ts.Fatalf("usage: series, after scrape")
	}
	for _, one := range of(ts).scraped.all() {
		_, _ = io.WriteString(ts.Stdout(), one.text+"\n")
	}
}

// storms FILE ... expects that the counters scraped last equal the counts of
// snomphone storm --json in the files. ! storms expects a difference.
func storms(ts *testscript.TestScript, neg bool, args []string) {
	s := of(ts)
	if len(args) == 0 || s.scraped == nil {
		ts.Fatalf("usage: storms FILE ..., after scrape")
	}
	counted := map[string]int{}
	phones := 0
	for _, file := range args {
		var storm struct {
			Phones   int
			Outcomes map[string]int
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &storm))
		phones += storm.Phones
		for outcome, n := range storm.Outcomes {
			counted[outcome] += n
		}
	}
	const requests = "snomredirect_requests_total"
	var wrong []string
	want := func(what string, scraped, counted int) {
		if scraped != counted {
			wrong = append(wrong, fmt.Sprintf("%s: scraped %d, want %d", what, scraped, counted))
		}
	}
	want("redirected", s.scraped.sum(requests, "outcome", "redirected"), counted["redirected"])
	want("unregistered", s.scraped.sum(requests, "outcome", "unregistered"), counted["no settings"])
	want("all", s.scraped.sum(requests, "", ""), phones)
	want("timed", s.scraped.sum("snomredirect_request_duration_seconds_count", "", ""), phones)
	if (len(wrong) > 0) != neg {
		ts.Fatalf("differences: %q", wrong)
	}
}
