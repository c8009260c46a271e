package main

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func usableCores() (all []int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, err
	}
	for i := range 8 * len(set) * 8 {
		if set.IsSet(i) {
			all = append(all, i)
		}
	}
	return all, nil
}

func pinThread(on []int) error { return pin(0, on) }

// pinProcess pins all threads of this process; later ones inherit that.
func pinProcess(on []int) error {
	threads, err := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		id, _ := strconv.Atoi(t.Name())
		err = errors.Join(err, pin(id, on))
	}
	return err
}

func pin(thread int, on []int) error {
	var set unix.CPUSet
	for _, core := range on {
		set.Set(core)
	}
	return unix.SchedSetaffinity(thread, &set)
}
