package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/worker"
)

func (f *workerFlags) recover() *cobra.Command {
	accept := false
	cmd := &cobra.Command{
		Use: "recover", Short: "Take up what a killed supervisor has left, and say what",
		Long: `Take up what a killed supervisor has left: put its files in order, adopt the workers that run, finish launches
whose answer was lost, and record how workers ended meanwhile. It delivers no exit, which is a supervisor's
to do, and removes nothing but files that were half written and workers that were half launched. While a
supervisor runs, which does the same by itself, it is refused.

When another engine is asked than the one of the workers (by DOCKER_HOST, by a context, or because the engine was
started with other data), nothing is decided. --accept-engine looks for the workers on this engine from now on: those
that it does not have are gone, unless the kernel knows of processes of theirs.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			if accept {
				if err := m.AcceptEngine(cmd.Context()); err != nil {
					return verdict(err)
				}
			}
			found, err := m.Recover(cmd.Context())
			if found != nil && (err == nil || len(found.Alive)+len(found.PendingExits)+len(found.SetAside)+found.Swept+len(found.Half)+
				len(found.Orphans) > 0) {
				writeRecovery(cmd.OutOrStdout(), found)
			}
			return verdict(err)
		},
	}
	cmd.Flags().BoolVar(&accept, "accept-engine", false, "look for the workers on the engine that is asked now")
	return cmd
}

func writeRecovery(w io.Writer, r *worker.Recovery) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	nothing := true
	section := func(n int, one, many string) bool {
		switch {
		case n == 0:
			return false
		case n == 1:
			fmt.Fprintln(t, one)
		default:
			fmt.Fprintf(t, many+"\n", n)
		}
		nothing = false
		return true
	}
	if section(len(r.Alive), "1 worker is taken up:", "%d workers are taken up:") {
		for _, s := range r.Alive {
			fmt.Fprintf(t, "  %s\t%s\t%.12s\t%s\n", s.ID, s.State, dash(s.Container), s.Detail)
		}
	}
	if section(len(r.PendingExits), "1 exit is pending:", "%d exits are pending:") {
		for _, n := range r.PendingExits {
			fmt.Fprintf(t, "  %s\t%s\n", n.Worker, n.Exit.Reason)
		}
	}
	if section(len(r.SetAside), "1 damaged file was set aside:", "%d damaged files were set aside:") {
		for _, path := range r.SetAside {
			fmt.Fprintf(t, "  %s\n", path)
		}
	}
	section(r.Swept, "1 half written file was removed.", "%d half written files were removed.")
	if section(len(r.Half), "1 worker was half launched or half removed, and is gone now:",
		"%d workers were half launched or half removed, and are gone now:") {
		for _, id := range r.Half {
			fmt.Fprintf(t, "  %s\n", id)
		}
	}
	if section(len(r.Orphans), "1 container is no worker's (dockercmd worker reap removes it):",
		"%d containers are no worker's (dockercmd worker reap removes them):") {
		for _, o := range r.Orphans {
			fmt.Fprintf(t, "  %s\t%s\t%.12s\n", o.Name, o.State, o.Container)
		}
	}
	if nothing {
		fmt.Fprintln(t, "There is nothing to take up.")
	}
}

func (f *workerFlags) reap() *cobra.Command {
	var r worker.Reaper
	cmd := &cobra.Command{
		Use: "reap", Short: "Remove containers and directories of this supervisor that no worker owns",
		Long: `Remove what bears this supervisor's label and belongs to no worker: containers, running or not, and workers'
directories. What is younger than the grace is left alone, and nothing is removed while the engine does not
answer or a worker's state cannot be read.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			switch {
			case r.Grace < 0:
				return usageError(fmt.Errorf("--grace: %v is less than none", r.Grace))
			case r.Grace == 0:
				r.Grace = -1 // the library's word for none
			}
			reaped, err := m.Reap(cmd.Context(), r)
			if reaped != nil {
				writeReaped(cmd.OutOrStdout(), reaped, r, err == nil)
			}
			return verdict(err)
		},
	}
	cmd.Flags().BoolVar(&r.DryRun, "dry-run", false, "say what would be removed, and remove nothing")
	cmd.Flags().DurationVar(&r.Grace, "grace", worker.DefaultReapGrace, "leave alone what is younger")
	return cmd
}

func writeReaped(w io.Writer, reaped *worker.Reaped, r worker.Reaper, whole bool) {
	removed := "removed"
	if r.DryRun {
		removed = "would remove"
	}
	for _, o := range reaped.Containers {
		fmt.Fprintf(w, "%s container %.12s (%s), %s, made %s\n", removed, o.Container, o.Name, o.State,
			o.Created.UTC().Format(time.RFC3339))
	}
	for _, id := range reaped.Dirs {
		fmt.Fprintf(w, "%s directories of %s\n", removed, id)
	}
	for _, o := range reaped.Foreign {
		fmt.Fprintf(w, "left container %.12s (%s): it has this supervisor's labels, but no worker's directory\n", o.Container, o.Name)
	}
	if reaped.Young > 0 {
		fmt.Fprintf(w, "%d of no worker left alone: younger than %v\n", reaped.Young, r.Grace)
	}
	if whole && len(reaped.Containers)+len(reaped.Dirs)+len(reaped.Foreign)+reaped.Young == 0 {
		fmt.Fprintln(w, "nothing to reap")
	}
}
