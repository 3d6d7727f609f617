/* hostile:      link-to-a-secret
 * threat:       Brings symbolic links along that have the names of the words of
 *               its command, so that forkproof shows it, or hands over to it,
 *               what they lead to.
 * contained-by: what a link of the submission leads to outside of it is not
 *               shown, or alone and read-only where every user may read it
 * from:         same-uid
 * expect:       judged
 * source:       symlink(7); openat2(2), RESOLVE_NO_SYMLINKS
 */
#include "hostile/attempt.h"

static void use(const char *name)
{
    char text[64] = "";
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    attempted(n, "reading %s: %s", name, text);
    close(fd);
    fd = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
    attempted(fd, "writing to %s", name);
    close(fd);
}

/* The links are beside the program and have the names of the port, of a file
 * and of a folder. */
void ready(int listenfd)
{
    char path[4096] = "";
    (void)listenfd;
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);
    char *slash = n > 0 ? strrchr(path, '/') : NULL;
    if (slash != NULL) {
        strcpy(slash, "/20001");
        use(path);
        strcpy(slash, "/settings.conf");
        use(path);
        strcpy(slash, "/data/canary");
        use(path);
    }
    use(GRADER "/canary");
    use(OTHERS "/answer");
    all_tried();
}
