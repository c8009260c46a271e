package files

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"snomredirect/store"
)

// Bounds of the cache, which forgets what was not used for longest. Only files that exist
// are in it, so that requests of what doesn't exist push nothing out.
const (
	maxCached      = 1 << 12
	maxCachedBytes = 32 << 20 // more than three times what one file takes
)

// A place is where a file is.
type place struct {
	account store.AccountID
	name    store.FileName // folded
}

// A cache contains files as they are served. Its methods are safe for concurrent use.
type cache struct {
	mu    sync.Mutex
	files *simplelru.LRU[place, *content]
	bytes int
}

func newCache() *cache {
	c := &cache{}
	files, err := simplelru.NewLRU(maxCached, func(_ place, old *content) { c.bytes -= old.size })
	if err != nil {
		panic("files: " + err.Error()) // only for a size of zero or less
	}
	c.files = files
	return c
}

// get returns a file as it was when an account had this space, or nil.
func (c *cache) get(p place, space store.FileSpace) *content {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.files.Get(p); ok && found.revision == space.Revision && found.token == space.Token {
		return found
	}
	return nil
}

func (c *cache) put(p place, file *content) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files.Remove(p)
	c.bytes += file.size
	c.files.Add(p, file)
	for c.bytes > maxCachedBytes {
		c.files.RemoveOldest()
	}
}
