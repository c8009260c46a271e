package main

import (
	"testing"
	"time"
)

func TestWithin(t *testing.T) {
	var took []time.Duration
	for ms := range 200 {
		took = append(took, time.Duration(199-ms)*time.Millisecond)
	}
	for percent, want := range map[int]float64{50: 100, 99: 198} {
		if got := within(took, percent); got != want {
			t.Errorf("%d of 100 within %v ms, want %v", percent, got, want)
		}
	}
	if got := within(took[:1], 99); got != 199 {
		t.Errorf("the only one within %v ms", got)
	}
}
