package ash

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// applets are the programs in /bin. Each runs in a shell of its own, which holds its environment, directory and files.
var applets map[string]func(s *shell, words []string) int

func init() { // a variable would refer to itself
	applets = map[string]func(s *shell, words []string) int{
		"sh": (*shell).sh, "ash": (*shell).sh, "busybox": (*shell).busybox,
		"true":   func(*shell, []string) int { return 0 },
		"false":  func(*shell, []string) int { return 1 },
		"echo":   (*shell).echo,
		"printf": (*shell).printf,
		"test":   (*shell).test, "[": (*shell).test,
		"pwd":   func(s *shell, _ []string) int { return s.write(s.dir + "\n") },
		"kill":  (*shell).kill,
		"cat":   (*shell).cat,
		"sleep": (*shell).sleep,
		"env":   (*shell).env,
		"seq":   (*shell).seq,
		"touch": (*shell).touch,
		"mkdir": (*shell).mkdir,
		"rm":    (*shell).rm,
		"mv":    (*shell).mv,
		"chmod": (*shell).chmod,
		"yes":   (*shell).yes,
	}
}

// Applets returns the names of the programs that there are in /bin.
func Applets() []string {
	names := make([]string, 0, len(applets))
	for name := range applets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Lacking are common applets of busybox that are not here: they are refused, and not said to be missing.
var Lacking = strings.Fields("adduser addgroup ar arch arping awk base64 basename bc bunzip2 bzip2 chgrp chown " +
	"chpasswd chroot cksum clear " +
	"cmp comm cp cpio cut date dc dd df diff dirname dmesg dos2unix du ed egrep expand expr factor fallocate fgrep " +
	"find fold free fsync ftpget fuser getopt grep groups gunzip gzip halt head hexdump hostid hostname httpd id " +
	"ifconfig install ionice ip ipcs killall less link ln logger login logname ls lsof md5sum mesg mkfifo mknod " +
	"mktemp more mount mountpoint nc netstat nice nl nohup nproc nsenter nslookup od paste patch pgrep pidof ping " +
	"pkill poweroff printenv ps pstree pwdx readlink realpath reboot renice reset resize rev rmdir route run-parts " +
	"sed setpriv setsid sha1sum sha256sum sha3sum sha512sum shred shuf sort split stat strings stty su sum sync " +
	"sysctl tac tail tar taskset tee telnet tftp time timeout top tr traceroute truncate tty ttysize umount uname " +
	"unexpand uniq unlink unshare unxz unzip uptime usleep vi w watch wc wget which who whoami xargs xxd xz zcat")

// sh runs a script: sh [-efnux] [-c TEXT [NAME [WORD...]] | FILE [WORD...]], or what comes through standard input.
func (s *shell) sh(words []string) int {
	words = words[1:]
	text, isText, fromStdin := "", false, false
	for len(words) > 0 && len(words[0]) > 1 && (words[0][0] == '-' || words[0][0] == '+') {
		w := words[0]
		words = words[1:]
		if w == "--" {
			break
		}
		for i := 1; i < len(w); i++ {
			switch w[i] {
			case 'c':
				isText = true
			case 's':
				fromStdin = true
			case 'l':
			default:
				args := []string{w[:1] + w[i:i+1]}
				if w[i] == 'o' && len(words) > 0 {
					args, words = append(args, words[0]), words[1:]
				}
				if _, code := s.setOptions(args); code != 0 {
					return code
				}
			}
		}
	}
	switch {
	case isText:
		if len(words) == 0 {
			fmt.Fprintln(s.stderr(), "sh: -c requires an argument")
			return 2
		}
		text, words = words[0], words[1:]
		if len(words) > 0 {
			s.name, words = words[0], words[1:]
		}
		s.params = words
		return s.script([]byte(text))
	case len(words) > 0 && !fromStdin:
		name := words[0]
		body, err := s.read(s.abs(name))
		if err != nil {
			fmt.Fprintf(s.stderr(), "sh: can't open '%s': %s\n", name, reason(err))
			return 2
		}
		s.name, s.file, s.params = name, name, words[1:]
		return s.script(body)
	}
	s.params = words
	body, err := io.ReadAll(io.LimitReader(s.stdin(), maxScript+1))
	if err != nil {
		return 2
	}
	return s.script(body)
}

// busybox is busybox APPLET WORD...
func (s *shell) busybox(words []string) int {
	if len(words) < 2 || applets[words[1]] == nil {
		return s.refuse(127, "busybox %s", strings.Join(words[1:], " "))
	}
	return applets[words[1]](s, words[1:])
}

// interrupted returns the status of an applet whose process is killed.
func (s *shell) interrupted() int { return 137 }

func (s *shell) cat(words []string) int {
	names := words[1:]
	if len(names) > 0 && names[0] == "-u" {
		names = names[1:]
	}
	if len(names) == 0 {
		names = []string{"-"}
	}
	code := 0
	for _, name := range names {
		if len(name) > 1 && name[0] == '-' {
			return s.refuse(1, "cat %s", name)
		}
		in := s.stdin()
		if name != "-" {
			f, err := s.open(name, os.O_RDONLY)
			if err != nil {
				if !s.unknown(err) {
					fmt.Fprintf(s.stderr(), "cat: can't open '%s': %s\n", name, reason(err))
				}
				code = 1
				continue
			}
			in = f.(io.Reader)
		}
		err := s.copy(in)
		if c, ok := in.(io.Closer); ok && name != "-" {
			c.Close()
		}
		switch {
		case s.ctl == exiting:
			return 128 + 13
		case err != nil:
			fmt.Fprintf(s.stderr(), "cat: read error: %s\n", reason(err))
			code = 1
		}
	}
	return code
}

// copy writes what a reader has; the error is the reader's.
func (s *shell) copy(in io.Reader) error {
	buf := make([]byte, 32<<10)
	for s.ctx.Err() == nil {
		n, err := in.Read(buf)
		if n > 0 {
			if code := s.write(string(buf[:n])); code != 0 {
				return nil
			}
			s.m.tick(s.ctx)
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

func (s *shell) sleep(words []string) int {
	if len(words) == 1 {
		fmt.Fprintln(s.stderr(), "BusyBox multi-call binary.\n\nUsage: sleep [N]...")
		return 1
	}
	var total float64
	for _, w := range words[1:] {
		unit, number := 1.0, w
		if w != "" {
			if u, ok := map[byte]float64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}[w[len(w)-1]]; ok {
				unit, number = u, w[:len(w)-1]
			}
		}
		n, err := strconv.ParseFloat(number, 64)
		if w == "inf" || w == "infinity" {
			n, err = 1e18, nil
		}
		if err != nil || n < 0 || n != n {
			fmt.Fprintf(s.stderr(), "sleep: invalid number '%s'\n", w)
			return 1
		}
		total += n * unit
	}
	if total > 1e9 { // longer than any test
		<-s.ctx.Done()
		return s.interrupted()
	}
	if !wait(s.ctx, time.Duration(total*float64(time.Second))) {
		return s.interrupted()
	}
	return 0
}

func (s *shell) env(words []string) int {
	words = words[1:]
	env := s.environ()
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		switch {
		case words[0] == "-i" || words[0] == "-":
			env, words = nil, words[1:]
		case words[0] == "-u" && len(words) > 1:
			name := words[1] + "="
			env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, name) })
			words = words[2:]
		default:
			return s.refuse(1, "env %s", words[0])
		}
	}
	for len(words) > 0 && strings.Contains(words[0], "=") {
		name, _, _ := strings.Cut(words[0], "=")
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		env, words = append(env, words[0]), words[1:]
	}
	if len(words) == 0 {
		if len(env) == 0 {
			return 0
		}
		return s.write(strings.Join(env, "\n") + "\n")
	}
	inner := s.fresh(env, nil)
	if _, ok := inner.vars["PATH"]; !ok {
		inner.vars["PATH"] = variable{value: DefaultPath, set: true}
	}
	full, err := inner.lookup(words[0])
	if err != nil {
		code := 127
		if errors.Is(err, fs.ErrPermission) {
			code = 126
		}
		fmt.Fprintf(s.stderr(), "env: can't execute '%s': %s\n", words[0], reason(err))
		return code
	}
	return inner.inPlace(full, words, env)
}

func (s *shell) seq(words []string) int {
	var n []int
	for _, w := range words[1:] {
		v, err := strconv.Atoi(w)
		if err != nil {
			return s.refuse(1, "seq %s", w)
		}
		n = append(n, v)
	}
	first, step, last := 1, 1, 0
	switch len(n) {
	case 1:
		last = n[0]
	case 2:
		first, last = n[0], n[1]
	case 3:
		first, step, last = n[0], n[1], n[2]
	default:
		return s.refuse(1, "seq of %d words", len(n))
	}
	if step == 0 {
		return s.refuse(1, "seq with an increment of 0")
	}
	for v := first; step > 0 && v <= last || step < 0 && v >= last; v += step {
		if code := s.write(strconv.Itoa(v) + "\n"); code != 0 || s.ctx.Err() != nil {
			return code
		}
		s.m.tick(s.ctx)
	}
	return 0
}

func (s *shell) yes(words []string) int {
	text := "y"
	if len(words) > 1 {
		text = strings.Join(words[1:], " ")
	}
	for s.ctx.Err() == nil {
		if code := s.write(text + "\n"); code != 0 {
			return code
		}
		s.m.tick(s.ctx)
	}
	return s.interrupted()
}

// operands takes an applet's flags from its words; one that is not allowed is refused.
func (s *shell) operands(words []string, allowed string) (flags string, names []string, ok bool) {
	names = words[1:]
	for len(names) > 0 && len(names[0]) > 1 && names[0][0] == '-' {
		w := names[0]
		names = names[1:]
		if w == "--" {
			break
		}
		if strings.Trim(w[1:], allowed) != "" {
			s.refuse(1, "%s %s", words[0], w)
			return "", nil, false
		}
		flags += w[1:]
	}
	return flags, names, true
}

// errIsDirectory is what rm says of a directory.
var errIsDirectory = errors.New("is a directory")

// each does something to each name, and reports what fails in an applet's words.
func (s *shell) each(names []string, format string, do func(full string) error) int {
	code := 0
	for _, name := range names {
		if err := do(s.abs(name)); err != nil {
			if errors.Is(err, errIsDirectory) {
				fmt.Fprintf(s.stderr(), "rm: '%s' is a directory\n", name)
			} else if !s.unknown(err) {
				fmt.Fprintf(s.stderr(), format+"\n", name, reason(err))
			}
			code = 1
		}
	}
	return code
}

func (s *shell) touch(words []string) int {
	_, names, ok := s.operands(words, "")
	if !ok {
		return 1
	}
	return s.each(names, "touch: %s: %s", func(full string) error {
		f, err := s.m.Files.OpenFile(full, os.O_WRONLY|os.O_CREATE, 0o666&^s.umask)
		if err != nil {
			return err
		}
		return f.Close()
	})
}

func (s *shell) mkdir(words []string) int {
	flags, names, ok := s.operands(words, "p")
	if !ok {
		return 1
	}
	return s.each(names, "mkdir: can't create directory '%s': %s", func(full string) error {
		return s.mkdirAll(full, flags != "")
	})
}

func (s *shell) mkdirAll(full string, parents bool) error {
	if parents {
		if info, err := s.m.Files.Stat(full); err == nil && info.IsDir() {
			return nil
		}
		if up := path.Dir(full); up != full {
			if err := s.mkdirAll(up, true); err != nil {
				return err
			}
		}
	}
	return s.m.Files.Mkdir(full, 0o777&^s.umask)
}

func (s *shell) rm(words []string) int {
	flags, names, ok := s.operands(words, "fr")
	if !ok {
		return 1
	}
	return s.each(names, "rm: can't remove '%s': %s", func(full string) error {
		err := s.remove(full, strings.Contains(flags, "r"))
		if strings.Contains(flags, "f") && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

func (s *shell) remove(full string, recursively bool) error {
	info, err := s.m.Files.Stat(full)
	if err == nil && info.IsDir() {
		if !recursively {
			return errIsDirectory
		}
		entries, err := s.m.Files.ReadDir(full)
		if err != nil {
			return err
		}
		for _, e := range entries {
			below := full + "/" + e.Name()
			if !e.IsDir() { // a link to a directory, too
				err = s.m.Files.Remove(below)
			} else {
				err = s.remove(below, true)
			}
			if err != nil {
				return err
			}
		}
	}
	return s.m.Files.Remove(full)
}

func (s *shell) mv(words []string) int {
	_, names, ok := s.operands(words, "f")
	if !ok || len(names) != 2 {
		if ok {
			return s.refuse(1, "mv of %d words", len(names))
		}
		return 1
	}
	to := s.abs(names[1])
	if info, err := s.m.Files.Stat(to); err == nil && info.IsDir() {
		to = path.Join(to, path.Base(s.abs(names[0])))
	}
	return s.each(names[:1], "mv: can't rename '%s': %s", func(full string) error { return s.m.Files.Rename(full, to) })
}

func (s *shell) chmod(words []string) int {
	_, names, ok := s.operands(words, "")
	if !ok || len(names) < 2 {
		return 1
	}
	mode, err := strconv.ParseUint(names[0], 8, 12)
	switch {
	case err == nil && mode <= 0o777:
	case names[0] == "+x":
		mode = 0o111
	default:
		return s.refuse(1, "chmod %s", names[0])
	}
	return s.each(names[1:], "chmod: %s: %s", func(full string) error {
		to := fs.FileMode(mode)
		if names[0] == "+x" {
			info, err := s.m.Files.Stat(full)
			if err != nil {
				return err
			}
			to |= info.Mode().Perm()
		}
		return s.m.Files.Chmod(full, to)
	})
}
