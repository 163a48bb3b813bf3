// Package errline builds errors whose text is one line: [Context] for the end of a context, [Join] for several errors.
package errline

import (
	"context"
	"fmt"
)

// Context returns why ctx has ended: its error together with the cause that its owner gave, if there is one. It returns nil
// while ctx has not ended.
func Context(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// Join returns an error that wraps the given ones and prints them on one line, separated by semicolons. Nil errors are left
// out, and without any other the result is nil. [errors.Join] prints each on a line of its own.
func Join(errs ...error) error {
	var all error
	for _, err := range errs {
		switch {
		case err == nil:
		case all == nil:
			all = err
		default:
			all = fmt.Errorf("%w; %w", all, err)
		}
	}
	return all
}
