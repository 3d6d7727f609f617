/* hostile:      remount
 * threat:       Mounts, unmounts, makes what can only be read writable again,
 *               changes its root folder, and makes devices.
 * contained-by: no capability in the namespace that owns the mounts
 * from:         uid
 * expect:       judged
 * source:       mount(2), MS_REMOUNT; umount2(2); pivot_root(2); mknod(2)
 */
#include "hostile/attempt.h"
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

void ready(int listenfd)
{
    static const char *const folders[] = {"/", "/proc", "/tmp", "/usr", "/sys"};
    (void)listenfd;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *folder = folders[i];
        attempted(mount(NULL, folder, NULL, MS_REMOUNT | MS_BIND, NULL),
                  "making %s writable", folder);
        attempted(umount2(folder, MNT_DETACH), "unmounting %s", folder);
        attempted(mount("none", folder, "tmpfs", 0, NULL), "a tmpfs on %s",
                  folder);
    }
    attempted(mount("/", "/tmp", NULL, MS_BIND | MS_REC, NULL), "binding /");
    attempted(syscall(SYS_pivot_root, "/tmp", "/tmp"), "another root");
    attempted(syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */),
              "a copy of the mounts");
    attempted(mknod("/tmp/kmem", S_IFCHR | 0600, makedev(1, 2)), "a device");
    all_tried();
}
