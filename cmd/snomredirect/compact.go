package main

import (
	"context"
	"errors"
	"fmt"

	"snomredirect/store"
	"snomredirect/store/bolt"
)

type compact struct {
	Data string `default:"./data" placeholder:"FOLDER" help:"Compact the database in this folder (${default})."`
}

// Run replaces the database with a smaller copy of it, and prints both sizes.
func (c *compact) Run(ctx context.Context, out output) error {
	before, after, err := bolt.CompactFolder(ctx, c.Data)
	switch {
	case errors.Is(err, bolt.ErrProblems):
		err = fmt.Errorf("%w: see snomredirect check-store", err)
	case errors.Is(err, context.Canceled):
		err = errors.New("interrupted: the database is as it was")
	case isDiskError(err):
		err = fmt.Errorf("the database is as it was: %w", err)
	case errors.Is(err, store.ErrDamaged):
		err = fmt.Errorf("%w: keep a copy of the folder, and restore a backup", err)
	}
	if err != nil {
		return folderError(c.Data, err)
	}
	_, err = fmt.Fprintf(out.stdout, "Before: %d bytes\nAfter:  %d bytes\n", before.Size, after.Size)
	return err
}
