package usage

import (
	"strings"
	"time"
)

// ParseAge parses an age such as 7d, 36h or 90m: the <time> of a usage.
func ParseAge(s string) (time.Duration, bool) {
	const day = 24 * time.Hour
	for unit, long := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			hours, err := time.ParseDuration(n + "h")
			if strings.Trim(n, "0123456789") != "" || err != nil || hours > 1<<62/(long/time.Hour) {
				return 0, false
			}
			return hours * (long / time.Hour), hours > 0
		}
	}
	age, err := time.ParseDuration(s)
	return age, err == nil && age > 0
}
