//go:build !unix

package main

import "math"

func maxFiles() uint64 { return math.MaxUint64 }
