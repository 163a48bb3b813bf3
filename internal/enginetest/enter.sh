# enter.sh makes a release's root file system the root of this process, in a mount
# namespace that it has to itself, and becomes a program there: its process id stays.
#
#   unshare --mount --propagation slave sh -ec "$(cat enter.sh)" enter ROOT FOLDER PROGRAM [ARGUMENT...]
#
# The program sees the machine's processes, devices and control groups, /run, /tmp and
# FOLDER. The rest is read-only, so that one root serves many engines at once.
root=$1 folder=$2
shift 2
mount --bind "$root" "$root"
cd "$root"
mkdir -p ".$folder"
mount -o remount,bind,ro .
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount --bind /run run
mount --bind /tmp tmp
case $folder/ in
/tmp/*) ;;
*) mount --bind "$folder" ".$folder" ;;
esac
for own in etc/docker opt var/cache; do mount -t tmpfs -o mode=755 tmpfs $own; done
pivot_root . old # not chroot: runc wants a root that is a mount
umount -l /old
exec "$@"
