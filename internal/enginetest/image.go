package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// imageName stays on the engine: the packages of one "go test ./..." run share it, and the next run is faster.
const imageName = Prefix + "busybox:local"

const (
	passwd = "root:x:0:0:root:/:/bin/sh\nworker:x:1000:1000:worker:/tmp:/bin/sh\n"
	group  = "root:x:0:\nworker:x:1000:\n"
)

// image returns the name of an image that is on the engine.
func (e *Engine) image() (string, error) {
	if name := os.Getenv("DOCKERCMD_TEST_IMAGE"); name != "" {
		if !e.has(name) {
			return "", fmt.Errorf("DOCKERCMD_TEST_IMAGE=%s is not on the engine: docker pull or import it first", name)
		}
		return name, nil
	}
	return imageName, e.importBusybox(imageName)
}

func (e *Engine) has(image string) bool {
	_, err := e.try(pingDeadline, nil, "image", "inspect", "--format={{.Id}}", image)
	return err == nil
}

// importBusybox makes the image name from the machine's own busybox unless the engine has it. Test binaries of several packages
// come here at the same moment: all but the first wait for a lock on the busybox file, which leaves nothing behind, and then find
// the image made. Without it the second import would leave the first one's image behind untagged.
func (e *Engine) importBusybox(name string) error {
	if e.has(name) {
		return nil
	}
	path, err := staticBusybox()
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	if e.has(name) {
		return nil
	}
	rootfs, err := busyboxTar(path)
	if err != nil {
		return fmt.Errorf("make the test image: %w", err)
	}
	_, err = e.try(runDeadline, bytes.NewReader(rootfs),
		"import", "--change=ENV PATH=/bin", `--change=CMD ["sh"]`, "-", name)
	return err
}

// staticBusybox finds a busybox that runs in an image without libraries.
func staticBusybox() (string, error) {
	candidates := []string{"/bin/busybox"}
	if path, err := exec.LookPath("busybox"); err == nil {
		candidates = append(candidates, path)
	}
	for _, path := range candidates {
		if isStatic(path) {
			return path, nil
		}
	}
	return "", errors.New("no statically linked busybox to make an image from: apt-get install busybox-static, or name an image in " +
		"DOCKERCMD_TEST_IMAGE")
}

func isStatic(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return true
}

// busyboxTar returns the image's whole file system.
func busyboxTar(path string) ([]byte, error) {
	binary, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), pingDeadline)
	defer cancel()
	applets, err := exec.CommandContext(ctx, path, "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --list: %w", path, err)
	}

	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	var errs []error
	add := func(h tar.Header, content string) {
		h.Size = int64(len(content))
		headerErr := w.WriteHeader(&h)
		_, err := w.Write([]byte(content))
		errs = append(errs, headerErr, err)
	}
	for _, dir := range []string{"bin/", "dev/", "etc/", "proc/", "sys/"} {
		add(tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755}, "")
	}
	add(tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}, "")
	add(tar.Header{Typeflag: tar.TypeReg, Name: "etc/passwd", Mode: 0o644}, passwd)
	add(tar.Header{Typeflag: tar.TypeReg, Name: "etc/group", Mode: 0o644}, group)
	add(tar.Header{Typeflag: tar.TypeReg, Name: "bin/busybox", Mode: 0o755}, string(binary))
	for _, applet := range strings.Fields(string(applets)) {
		if applet != "busybox" {
			add(tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + applet, Linkname: "busybox", Mode: 0o777}, "")
		}
	}
	errs = append(errs, w.Close())
	return buf.Bytes(), errors.Join(errs...)
}
