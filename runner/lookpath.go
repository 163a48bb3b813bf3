package runner

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// lookPath finds a program as a shell would, and explains why there is none.
func lookPath(program string) (string, error) {
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
		if path, err = filepath.Abs(path); err != nil {
			return "", &StartError{Program: program, Err: err}
		}
		return path, nil
	case errors.Is(err, fs.ErrNotExist) && !errors.Is(err, exec.ErrNotFound):
		err = noSuchFile{} // a path; LookPath keeps ErrNotFound for names
	case errors.Is(err, exec.ErrNotFound):
		for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
			file := filepath.Join(dir, program)
			if info, statErr := os.Stat(file); statErr == nil && info.Mode().IsRegular() {
				return "", startError(program, &fs.PathError{Op: "execute", Path: file, Err: fs.ErrPermission})
			}
		}
	}
	return "", startError(program, err)
}

// noSuchFile says of a path what exec.ErrNotFound, which is its kind, says of a name on PATH.
type noSuchFile struct{}

func (noSuchFile) Error() string { return "there is no such file" }
func (noSuchFile) Is(target error) bool {
	return target == exec.ErrNotFound || target == fs.ErrNotExist
}

// startError adds a hint to common failures.
func startError(program string, err error) *StartError {
	e := &StartError{Program: program, Err: err}
	if inner, ok := errors.AsType[*exec.Error](err); ok {
		e.Err = inner.Err // the program's name is in the message already
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		e.Hint = "install it, add its folder to PATH, or give its full path"
	case errors.Is(err, exec.ErrDot):
		e.Hint = "give its full path, since PATH names the current folder"
	case errors.Is(err, fs.ErrPermission):
		e.Hint = "make it executable for this user (chmod +x), or give the path of another"
	case errors.Is(err, fs.ErrNotExist):
		e.Hint = "the file is there, but the interpreter that it names is not: install that, or mend its first line"
	case errors.Is(err, syscall.ENOEXEC):
		e.Hint = "it is no program for this machine: begin a script with #!, or install the build for this architecture"
	case errors.Is(err, syscall.E2BIG):
		e.Hint = "shorten the arguments or the environment; Linux takes 128 KiB in one of them"
	}
	return e
}
