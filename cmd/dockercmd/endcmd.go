package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/worker"
)

// verb is what is done to many workers at once.
type verb struct {
	use, short, all string
	do              func(*worker.Manager, context.Context, ...string) []worker.Outcome
	takes           func(worker.State) bool // whom --all means
	said            func(*worker.Exit) string
}

func (f *workerFlags) stop() *cobra.Command {
	return f.together(verb{
		"stop WORKER...", "End workers politely, after their grace firmly", "all workers that have not ended", (*worker.Manager).StopAll,
		hasNotEnded, howItEnded,
	})
}

func (f *workerFlags) kill() *cobra.Command {
	return f.together(verb{"kill WORKER...", "End workers at once", "all workers that have not ended", (*worker.Manager).KillAll,
		hasNotEnded, howItEnded})
}

func (f *workerFlags) cleanup() *cobra.Command {
	return f.together(verb{
		"cleanup WORKER...", "Remove workers that have ended: container, files, reservation", "all workers that have ended",
		(*worker.Manager).CleanupAll, hasEnded,
		func(e *worker.Exit) string {
			if e == nil {
				return "cleaned up"
			}
			return "cleaned up (" + e.Reason + ")"
		},
	})
}

func hasEnded(s worker.State) bool { return s == worker.Exited || s == worker.Gone }

// hasNotEnded returns true for one whose state is unknown.
func hasNotEnded(s worker.State) bool { return !hasEnded(s) && s != worker.Reserved }

func howItEnded(e *worker.Exit) string {
	if e == nil {
		return "ended"
	}
	return e.Reason
}

// together makes the command of a verb. One worker's trouble does not keep the others from it.
func (f *workerFlags) together(v verb) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: v.use, Short: v.short,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case !all:
				return someWorkers(cmd, args)
			case len(args) > 0:
				return usageError(fmt.Errorf("%s--all and %q are too much; give one of them", path(cmd), args[0]))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, ids []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			var errs []error
			if all {
				statuses, err := m.Statuses(cmd.Context())
				errs = append(errs, err)
				for _, s := range statuses {
					if v.takes(s.State) {
						ids = append(ids, s.ID)
					}
				}
			}
			for _, o := range v.do(m, cmd.Context(), ids...) {
				if o.Err != nil {
					errs = append(errs, o.Err)
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", o.ID, v.said(o.Exit))
			}
			return verdict(errors.Join(errs...))
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, v.all)
	return cmd
}
