//go:build !unix

package main

func maxFiles() (limit uint64, ok bool) { return 0, false }
