package shell

import (
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
		c.page.Hold()
		err = f()
		_ = c.out.Flush()
		return err
	}()
	c.page.Release()
	return err
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
