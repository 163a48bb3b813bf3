package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
)

// demoImage returns a tar archive of a file system that holds this program alone, as dockercmd and as the shell.
func demoImage() (io.Reader, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := checkStatic(path); err != nil {
		return nil, err
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	var errs []error
	add := func(h tar.Header, data []byte) {
		h.Size = int64(len(data))
		errs = append(errs, w.WriteHeader(&h))
		_, err := w.Write(data)
		errs = append(errs, err)
	}
	add(tar.Header{Name: "bin/", Typeflag: tar.TypeDir, Mode: 0o755}, nil)
	add(tar.Header{Name: "bin/dockercmd", Typeflag: tar.TypeReg, Mode: 0o755}, program)
	add(tar.Header{Name: "bin/sh", Typeflag: tar.TypeLink, Linkname: "bin/dockercmd", Mode: 0o755}, nil)
	add(tar.Header{Name: "tmp/", Typeflag: tar.TypeDir, Mode: 0o1777}, nil)
	add(tar.Header{Name: "worker/", Typeflag: tar.TypeDir, Mode: 0o755}, nil)
	errs = append(errs, w.Close())
	return &b, errors.Join(errs...)
}

// checkStatic refuses a program that needs a C library, which the image does not have.
func checkStatic(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("the demo's image is made of this program, which is not a Linux program: %w", err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("the demo's image is made of this program, which needs a C library that the image does not have; build it " +
				"with CGO_ENABLED=0, or use make demo")
		}
	}
	return nil
}
