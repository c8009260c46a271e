package shell

import (
	"bytes"
	"io"
	"iter"

	"snomredirect/store"
)

// turn runs f, which reads a page and writes what it shows of it, when it is the
// caller's turn. The client gets that after the turn: it may be slow.
func (c *call) turn(f func() error) error {
	err := func() error {
		done, err := c.Turn(c.ctx, c.by.ID)
		if err != nil {
			return err
		}
		defer done()
		c.page.held = true
		err = f()
		_ = c.out.Flush()
		return err
	}()
	c.page.release()
	return err
}

// A pageWriter holds back what is written during a turn.
type pageWriter struct {
	io.Writer
	held bool
	page bytes.Buffer
}

func (w *pageWriter) Write(p []byte) (int, error) {
	if w.held {
		return w.page.Write(p)
	}
	return w.Writer.Write(p)
}

// release writes what was held back. If the client has gone, that is dropped; the
// command is about to be interrupted.
func (w *pageWriter) release() {
	w.held = false
	_, _ = w.page.WriteTo(w.Writer)
	w.page.Reset()
}

// phonesOf returns an account's phones in the order of their MACs. It ends early
// with an error, also if the command is interrupted. Between phones no turn is held,
// so that they can be changed.
func (c *call) phonesOf(owner store.AccountID) iter.Seq2[store.Phone, error] {
	return func(yield func(store.Phone, error) bool) {
		var last store.Phone
		for {
			var page []store.Phone
			err := c.turn(func() (err error) {
				page, err = c.Registry.Phones(owner, last.MAC, pageSize)
				return err
			})
			if err != nil {
				yield(store.Phone{}, err)
				return
			}
			for _, last = range page {
				if !yield(last, nil) {
					return
				}
			}
			if err := c.ctx.Err(); err != nil {
				yield(store.Phone{}, err)
				return
			}
			if len(page) < pageSize {
				return
			}
		}
	}
}
