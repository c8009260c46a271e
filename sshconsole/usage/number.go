package usage

import (
	"fmt"
	"strconv"
)

// ParseNumber parses a number from 1 to most: the <n> of a usage.
func ParseNumber(s string, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("expected a number from 1 to %d", most)
	}
	return n, nil
}
