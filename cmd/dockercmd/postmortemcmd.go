package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/worker"
)

func (f *workerFlags) postmortem() *cobra.Command {
	var file string
	var b worker.Bundle
	cmd := &cobra.Command{
		Use: "postmortem WORKER", Short: "Write all that is known of a worker to a tar.gz",
		Long: `Write all that is known of a worker, alive or ended, to a tar.gz: a summary in words, the checkpoint, the
lines that were run, docker inspect, its last logs, cgroup figures, docker's events and versions. What cannot
be had (the engine hangs, say) is left out and said on standard error and in the summary. Values of
environment variables are not in it; what the worker printed is.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(fmt.Errorf("%sgive the id of one worker (dockercmd worker ps lists them)", path(cmd)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			if b.Tail < 1 {
				return usageError(fmt.Errorf("--tail: %d is no number of lines; give 1 or more", b.Tail))
			}
			missing, err := postmortemTo(cmd, m, args[0], file, b)
			if err != nil {
				return verdict(err)
			}
			for _, part := range missing {
				fmt.Fprintf(cmd.ErrOrStderr(), "dockercmd: not collected: %s: %s\n", part.Part, strings.Join(strings.Fields(part.Err.Error()),
					" "))
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "",
		"file to write, - is standard output; default is postmortem-WORKER-TIME.tar.gz here")
	cmd.Flags().IntVar(&b.Tail, "tail", worker.DefaultTail, "lines of logs")
	return cmd
}

// postmortemTo writes the bundle, whole or not at all, to a file that nobody else can read.
func postmortemTo(cmd *cobra.Command, m *worker.Manager, id, file string, b worker.Bundle) (missing []worker.Missing, err error) {
	if file == "-" {
		return m.PostMortem(cmd.Context(), id, raw(cmd.OutOrStdout()), b)
	}
	if worker.ValidID(id) != nil { // which makes no name of a file either
		return m.PostMortem(cmd.Context(), id, io.Discard, b)
	}
	if file == "" {
		file = fmt.Sprintf("postmortem-%s-%s.tar.gz", id, time.Now().UTC().Format("20060102T150405Z"))
	}
	out, err := os.OpenFile(file+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write the post-mortem: %w", err)
	}
	missing, err = m.PostMortem(cmd.Context(), id, out, b)
	err = errors.Join(err, out.Close())
	if err == nil {
		err = os.Rename(out.Name(), file)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(out.Name()))
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), file)
	return missing, err
}
