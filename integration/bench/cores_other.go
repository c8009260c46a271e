//go:build !linux

package main

import "errors"

var errNotLinux = errors.New("this system has no way to divide the cores that bench knows: it needs Linux")

func usableCores() ([]int, error) { return nil, errNotLinux }
func pinThread([]int) error       { return errNotLinux }
func pinProcess([]int) error      { return errNotLinux }
