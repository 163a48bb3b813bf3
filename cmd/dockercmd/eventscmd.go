package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dockercmd/toolkit/worker"
)

func (f *workerFlags) events() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "events", Short: "Follow what happens to workers, a line each",
		Long: `Follow what happens to workers until ctrl-C: what state each is in now, then a line whenever that changes, and
how it ended. It only looks: it may run beside a supervisor, and takes no exit from it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := f.manager(cmd)
			if err != nil {
				return err
			}
			ctx, stop := context.WithCancelCause(cmd.Context())
			defer stop(nil)
			write := writeChange
			if asJSON {
				write = writeChangeJSON
			}
			err = m.Follow(ctx, func(c worker.Change) {
				if err := write(cmd.OutOrStdout(), c); err != nil {
					stop(fmt.Errorf("write: %w", err))
				}
			})
			if cmd.Context().Err() != nil {
				return nil // it is how one leaves
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return cmd
}

// writeChange writes a change for people.
func writeChange(w io.Writer, c worker.Change) error {
	at, s := c.At.Local().Format("15:04:05.000"), c.Status
	var text string
	switch {
	case s.ID == "" && c.Err != nil:
		text = "problem: " + firstLine(c.Err)
	case s.ID == "":
		text = "all is well again"
	case s.State == worker.Exited && s.Exit != nil:
		text = fmt.Sprintf("%s %s: %s", s.ID, s.State, s.Exit.Reason)
	case s.Detail != "":
		text = fmt.Sprintf("%s %s: %s", s.ID, s.State, s.Detail)
	default:
		text = s.ID + " " + string(s.State)
	}
	_, err := fmt.Fprintf(w, "%s %s\n", at, cut(text, 1000))
	return err
}

// writeChangeJSON writes a change for programs.
func writeChangeJSON(w io.Writer, c worker.Change) error {
	s := c.Status
	line := struct {
		Time      time.Time     `json:"time"`
		Worker    string        `json:"worker,omitempty"`
		State     worker.State  `json:"state,omitempty"`
		Was       worker.State  `json:"was,omitempty"`
		Container string        `json:"container,omitempty"`
		Exit      *worker.Exit  `json:"exit,omitempty"`
		Detail    string        `json:"detail,omitempty"`
		Source    worker.Source `json:"source,omitempty"`
		Problem   *string       `json:"problem,omitempty"` // "" is that all is well again
	}{Time: c.At.UTC(), Worker: s.ID, State: s.State, Was: c.Was, Container: s.Container, Exit: s.Exit, Detail: s.Detail,
		Source: s.Source}
	if s.ID == "" {
		line.Problem = new("")
		if c.Err != nil {
			line.Problem = new(c.Err.Error())
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(line)
}
