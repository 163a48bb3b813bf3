package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// record is what is kept of one decision: one line of JSON.
type record struct {
	Time     time.Time `json:"time"`
	Caller   string    `json:"caller"`
	UID      int       `json:"uid"`
	PID      int       `json:"pid"`
	File     string    `json:"file"` // the SHA-256 of the command file
	Outcome  string    `json:"outcome"`
	Line     string    `json:"line,omitempty"` // as docker gets it, without secrets
	Rules    []string  `json:"rules,omitempty"`
	Findings []string  `json:"findings,omitempty"`
	Problem  string    `json:"problem,omitempty"`
}

// maxRecord is the size of the largest record. A longer one loses its line and findings.
const maxRecord = 64 << 10

// audit adds a record to the configuration's file, in one write.
func (s *session) audit(r record, file []byte) error {
	if s.conf.Audit == "" {
		return nil
	}
	hash := sha256.Sum256(file)
	r.Time, r.Caller, r.UID, r.PID, r.File = time.Now().UTC(), s.who.name, s.who.uid, os.Getpid(), hex.EncodeToString(hash[:])
	line, err := json.Marshal(r)
	if err == nil && len(line) > maxRecord {
		r.Line, r.Findings, r.Problem = "", nil, "too long for a record"
		line, err = json.Marshal(r)
	}
	if err != nil {
		return err
	}
	f, err := openAudit(s.conf.Audit)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// openAudit opens the file that records are added to, which root makes if it is not there.
func openAudit(name string) (*os.File, error) {
	f, err := openTrusted(name, unix.O_WRONLY|unix.O_APPEND)
	if !errors.Is(err, os.ErrNotExist) {
		return f, err
	}
	dir, err := openTrusted(path.Dir(name), unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	fd, err := unix.Openat(int(dir.Fd()), path.Base(name), unix.O_WRONLY|unix.O_APPEND|unix.O_CREAT|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, &os.PathError{Op: "create", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}
