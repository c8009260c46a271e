package store

// A Tried is an unregistered phone that has requested its settings.
type Tried struct {
	Contact     // the last one
	Times   int // requests since the service began to remember it
}
