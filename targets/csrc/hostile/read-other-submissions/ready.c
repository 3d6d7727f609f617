/* hostile:      read-other-submissions
 * threat:       Reads what others have handed in: by its path, beside its own
 *               folder, and through symbolic links, which it may have brought
 *               along or made.
 * contained-by: another root folder, or Landlock
 * from:         same-uid
 * expect:       judged
 * source:       symlink(7); path_resolution(7); landlock(7)
 */
#include "hostile/attempt.h"

static void copy(const char *name)
{
    char text[64] = "";
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    attempted(n, "copying %s: %s", name, text);
    close(fd);
}

static void copy_by_link(const char *name)
{
    unlink(name);
    if (symlink(OTHERS "/answer", name) == 0)
        copy(name);
    unlink(name);
}

void ready(int listenfd)
{
    char beside[4096] = "";
    (void)listenfd;
    copy(OTHERS "/answer");
    copy("../alice/answer");
    copy("link");
    copy_by_link("own-link");
    copy_by_link("/tmp/own-link");

    ssize_t n = readlink("/proc/self/exe", beside, sizeof beside - 64);
    char *slash = n > 0 ? strrchr(beside, '/') : NULL;
    if (slash != NULL) {
        strcpy(slash, "/link");
        copy(beside);
        strcpy(slash, "/../alice/answer");
        copy(beside);
    }
    all_tried();
}
